import { describe, expect, test } from '@jest/globals'
import { proxyFromEnvironment } from '../../src/cluster/login/proxy-environment.ts'

const proxy = 'http://proxy.corp:3128'
const through = (server: string, env: Record<string, string>) =>
  proxyFromEnvironment(new URL(server), env)?.href ?? null

describe('the environment’s proxy', () => {
  test.each<[string, Record<string, string>, string | null]>([
    ['https://api.example.com:6443', {}, null],
    ['https://api.example.com:6443', { HTTPS_PROXY: proxy }, `${proxy}/`],
    ['https://api.example.com:6443', { https_proxy: 'proxy.corp:3128' }, `${proxy}/`],
    ['https://api.example.com:6443', { HTTPS_PROXY: 'socks5://proxy:1080' }, 'socks5://proxy:1080'],
    ['http://127.0.0.1:8001', { HTTPS_PROXY: proxy }, null],
    ['https://127.0.0.1:6443', { HTTPS_PROXY: proxy }, null],
    ['https://localhost:6443', { HTTPS_PROXY: proxy }, null],
    ['https://[::1]:6443', { HTTPS_PROXY: proxy }, null],
  ])('for %s with %j is %s', (server, env, expected) => {
    expect(through(server, env)).toBe(expected)
  })

  test.each<[string, string, boolean]>([
    ['https://api.example.com', '*', true],
    ['https://api.example.com', 'example.com', true],
    ['https://api.example.com', '.example.com', true],
    ['https://example.com', '.example.com', false],
    ['https://example.com', 'example.com', true],
    ['https://api.notexample.com', 'example.com', false],
    ['https://API.example.com', ' other.org , Api.Example.com', true],
    ['https://api.example.com:6443', 'api.example.com:6443', true],
    ['https://api.example.com:6443', 'api.example.com:443', false],
    ['https://api.example.com', 'api.example.com:443', true],
    ['https://10.1.2.3', '10.0.0.0/8', true],
    ['https://11.1.2.3', '10.0.0.0/8', false],
    ['https://10.1.2.3', '10.1.2.3', true],
    ['https://10.1.2.3', '2.3', false],
    ['https://[fd00::7]', 'fd00::/8', true],
    ['https://[fd00::7]', 'fd00::7', true],
    ['https://[fd00::7]', '10.0.0.0/8', false],
    ['https://api.example.com', '10.0.0.0/8,,rubbish/99', false],
  ])('for %s is left out by NO_PROXY=%s: %s', (server, list, excepted) => {
    expect(through(server, { HTTPS_PROXY: proxy, NO_PROXY: list })).toBe(excepted ? null : `${proxy}/`)
  })

  test('that is no address is a clear mistake', () => {
    expect(() => through('https://x', { HTTPS_PROXY: 'ftp://x' })).toThrow(/HTTPS_PROXY is not/)
  })
})
