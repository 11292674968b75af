import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  parseImage,
  toLabelValue,
  toObjectName,
  versionBeside,
  versionInFlight,
  versionOfImage,
} from '../../src/workloads/image.ts'

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`

test.each([
  ['my-api:v2', { repository: 'my-api', tag: 'v2', digest: null }],
  ['ghcr.io/octo/my-api', { repository: 'ghcr.io/octo/my-api', tag: null, digest: null }],
  ['localhost:5000/my-api:1.2.3', { repository: 'localhost:5000/my-api', tag: '1.2.3', digest: null }],
  [`ghcr.io/octo/my-api@${digest}`, { repository: 'ghcr.io/octo/my-api', tag: null, digest }],
  [`ghcr.io/octo/my-api:v2@${digest}`, { repository: 'ghcr.io/octo/my-api', tag: 'v2', digest }],
  ['GHCR.io/octo/my-api:V2', { repository: 'ghcr.io/octo/my-api', tag: 'V2', digest: null }],
])('%s is read as the runtime reads it', (text, name) => {
  expect(parseImage(text)).toEqual(name)
})

test.each([
  '',
  ' ',
  'my api:v2',
  'my-api:',
  'my-api:v2 ',
  'octo/My-Api:v2',
  'my-api@sha256:12',
  'a//b',
  '-a:v1',
  `a:${'v'.repeat(129)}`,
  'a:v1\nb:v2',
])('%j is no image', (text) => expect(parseImage(text)).toBeNull())

test.each([
  ['my-api:v2', 'v2'],
  ['my-api', 'latest'],
  [`my-api@${digest}`, '0123456789ab'],
  [`my-api:v2@${digest}`, 'v2'],
])('%s is version %s', (text, version) => {
  expect(versionOfImage(parseImage(text) as never)).toBe(version)
})

test('two images of one tag are two versions; the same image is one', () => {
  const stable = { image: 'a/my-api:main', version: 'main' }
  const name = parseImage('b/my-api:main') as never
  expect(versionBeside('b/my-api:main', name, stable)).toMatch(/^main-[0-9a-f]{8}$/)
  expect(versionBeside('a/my-api:main', name, stable)).toBe('main')
})

test('every tag becomes a label value and part of a name, and no two tags become one', () => {
  const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/)
  fc.assert(
    fc.property(tag, tag, (one, other) => {
      for (const each of [one, other]) {
        expect(toLabelValue(each)).toMatch(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/)
        expect(toObjectName(each, 20)).toMatch(/^[a-z0-9]([-a-z0-9]{0,18}[a-z0-9])?$/)
      }
      if (one !== other) expect(toLabelValue(one)).not.toBe(toLabelValue(other))
    }),
  )
})

test.each([
  ['a/b:v2', null, 'v2'],
  ['a/b:v2', 'v2', 'v2'],
  ['a/b:v3', null, 'v3'],
  ['a/b:v2', 'v3', 'v3'],
])('while a/b:v2 is in flight, %s (version %s) is about %s', (asked, version, about) => {
  expect(versionInFlight(asked, version, { image: 'a/b:v2', version: 'v2' })).toBe(about)
})

test.each([
  ['c/b:v2', null],
  ['x=a/b:v2', null],
  ['a/b:v3', 'v2'],
])('another image (%s) is never taken for the one in flight', (asked, version) => {
  expect(versionInFlight(asked, version, { image: 'a/b:v2', version: 'v2' })).not.toBe('v2')
})
