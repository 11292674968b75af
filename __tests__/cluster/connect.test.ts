import { X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { connect } from '../../src/cluster/cluster.ts'
import { runExecPlugin } from '../../src/cluster/login/exec-plugin.ts'
import { createEntryFields } from '../../src/cluster/login/kubeconfig-entry.ts'
import type { ClusterAccess } from '../../src/release/request.ts'
import { eventually } from '../support/program.ts'
import { connectTo, contentAccess, kubeconfig, options } from './helpers/access.ts'
import { makeAuthority, type Pair } from './helpers/certificates.ts'
import { failure } from './helpers/failure.ts'
import { type Handler, serve, status, type TestServer } from './helpers/server.ts'

const signal = new AbortController().signal
const version = { major: '1', minor: '34', gitVersion: 'v1.34.1' }
const ok: Handler = () => ({ status: 200, body: version })
const unauthorized = status(401, 'Unauthorized', 'Unauthorized')

let folder: string
let server: TestServer
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'shiftgate-kube-'))
  server = await serve(ok)
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})
beforeEach(() => {
  server.seen.length = 0
  server.answer(ok)
})

function file(name: string, text: string): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text)
  return path
}

function jwt(exp: number): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ exp })}.signature`
}

describe('a kubeconfig', () => {
  const text = () => kubeconfig({ server: server.url }, { token: 'sesame-1' }, { namespace: 'shop' })

  test('given as content, as base64 of it, as a path, by KUBECONFIG or in HOME is the same', async () => {
    const path = file('home/.kube/config', text())
    const ways: [ClusterAccess, Record<string, string>][] = [
      [contentAccess(text()), {}],
      [contentAccess(Buffer.from(text()).toString('base64')), {}],
      [
        contentAccess(
          `${Buffer.from(text())
            .toString('base64')
            .replace(/(.{60})/g, '$1\n')}\n`,
        ),
        {},
      ],
      [{ kubeconfig: { from: 'path', value: path }, context: null }, {}],
      [{ kubeconfig: { from: 'default' }, context: null }, { KUBECONFIG: `${folder}/none:${path}` }],
      [{ kubeconfig: { from: 'default' }, context: null }, { HOME: join(folder, 'home') }],
    ]
    for (const [access, env] of ways) {
      const cluster = await connect(access, { ...options, env })
      expect([cluster.name, cluster.namespace, cluster.server]).toEqual(['prod', 'shop', server.url])
      expect(await cluster.serverVersion(signal)).toEqual(version)
    }
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual(ways.map(() => 'Bearer sesame-1'))
  })

  test('in several files merges: what is named first wins', async () => {
    const first = file('first', kubeconfig({ server: server.url }, { token: 'first' }))
    const second = file('second', kubeconfig({ server: 'https://192.0.2.1' }, { token: 'second' }))
    const env = { KUBECONFIG: `${first}:${second}` }
    const cluster = await connect({ kubeconfig: { from: 'default' }, context: null }, { ...options, env })
    expect([cluster.server, cluster.secrets()]).toEqual([server.url, ['first']])
  })

  test.each<[string, string, RegExp]>([
    ['with a tab', 'clusters:\n\t- name: x\n', /not YAML: .*line 2, column 1/],
    ['that is another document', 'kind: Deployment\n', /not a kubeconfig: it has no `clusters`/],
    ['that is empty', '', /not a kubeconfig/],
    ['without a current context', 'clusters: []\ncontexts: []\n', /current-context is missing/],
    [
      'with a context that is not there',
      kubeconfig({}).replace('current-context: prod', 'current-context: dev'),
      /"dev".*it has prod/,
    ],
    [
      'whose context names no cluster',
      kubeconfig({}, {}, { cluster: '' }),
      /contexts\[prod\]\.context\.cluster is missing/,
    ],
    [
      'whose context names an unknown cluster',
      kubeconfig({}, {}, { cluster: 'c9' }),
      /contexts\[prod\]\.context\.cluster names the cluster "c9", but it has c1/,
    ],
    [
      'whose context names an unknown user',
      kubeconfig({ server: 'https://x' }, {}, { user: 'u9' }),
      /contexts\[prod\]\.context\.user names the user "u9"/,
    ],
    ['without a server', kubeconfig({}), /clusters\[c1\]\.cluster\.server is missing/],
    [
      'whose server is no URL',
      kubeconfig({ server: 'k8s:6443' }),
      /clusters\[c1\]\.cluster\.server is not an http/,
    ],
    ['that would send its token in the clear', kubeconfig({ server: 'http://192.0.2.1' }), /server is http:/],
    [
      'whose token is a number',
      kubeconfig({ server: 'https://x' }, { token: 5 }),
      /users\[u1\]\.user\.token must be a text/,
    ],
    [
      'whose CA is not base64',
      kubeconfig({ server: 'https://x', 'certificate-authority-data': '-----' }),
      /certificate-authority-data is not base64/,
    ],
    [
      'whose CA is no certificate',
      kubeconfig({ server: 'https://x', 'certificate-authority-data': 'aGVsbG8=' }),
      /certificate-authority-data holds no PEM certificate/,
    ],
    [
      'whose CA file is not there',
      kubeconfig({ server: 'https://x', 'certificate-authority': '/nowhere/ca.crt' }),
      /certificate-authority names a file that can't be read/,
    ],
    [
      'whose token file is not there',
      kubeconfig({ server: 'https://x' }, { tokenFile: '/nowhere/token' }),
      /users\[u1\]\.user\.tokenFile names a file/,
    ],
    [
      'with a certificate and no key',
      kubeconfig({ server: 'https://x' }, { 'client-certificate-data': 'aGVsbG8=' }),
      /client-key-data is missing/,
    ],
    [
      'with a key that is none',
      kubeconfig(
        { server: 'https://x' },
        { 'client-certificate-data': 'aGVsbG8=', 'client-key-data': 'aGVsbG8=' },
      ),
      /can't be used/,
    ],
    [
      'with groups to act as',
      kubeconfig({ server: 'https://x' }, { as: 'a', 'as-groups': ['b'] }),
      /users\[u1\]\.user\.as-groups is not supported/,
    ],
    [
      'with a bad proxy',
      kubeconfig({ server: 'https://x', 'proxy-url': 'ftp://x' }),
      /proxy-url is not an http/,
    ],
    [
      'with a namespace that is none',
      kubeconfig({ server: 'https://x' }, {}, { namespace: 'A B' }),
      /namespace "A B"/,
    ],
    [
      'whose plugin has no command',
      kubeconfig({ server: 'https://x' }, { exec: { args: [] } }),
      /users\[u1\]\.user\.exec\.command is missing/,
    ],
  ])('%s is one clear mistake', async (_name, content, message) => {
    const error = await failure(connect(contentAccess(content), options))
    expect([error.code, error.message]).toEqual(['invalid-input', expect.stringMatching(message)])
  })

  test('that is nowhere says where it was looked for', async () => {
    const nothing = { kubeconfig: { from: 'default' }, context: null } as const
    expect((await failure(connect(nothing, { ...options, env: { HOME: '/nowhere' } }))).message).toMatch(
      /no kubeconfig/,
    )
    const env = { KUBECONFIG: '/nowhere/config' }
    expect((await failure(connect(nothing, { ...options, env }))).message).toMatch(
      /KUBECONFIG names \/nowhere\/config/,
    )
    const path = { kubeconfig: { from: 'path', value: '/nowhere/c' }, context: null } as const
    expect((await failure(connect(path, options))).message).toMatch(/kubeconfig \/nowhere\/c can't be read/)
  })

  test('never shows its secrets in a mistake', async () => {
    const broken = `${kubeconfig({ server: 'https://x' }, { token: 'very-secret' })}\n\t- x`
    expect((await failure(connect(contentAccess(broken), options))).message).not.toContain('very-secret')
  })

  test('another context is chosen by its name', async () => {
    const cluster = await connect(contentAccess(text(), 'prod'), options)
    expect(cluster.name).toBe('prod')
    expect((await failure(connect(contentAccess(text(), 'dev'), options))).message).toMatch(
      /names the context "dev"/,
    )
  })

  test('with user name and password logs in so, and masks the password', async () => {
    const cluster = await connect(
      contentAccess(kubeconfig({ server: server.url }, { username: 'ann', password: 'pass-1' })),
      options,
    )
    await cluster.serverVersion(signal)
    const expected = `Basic ${Buffer.from('ann:pass-1').toString('base64')}`
    expect([server.seen[0]?.headers.authorization, cluster.secrets()]).toEqual([expected, ['pass-1']])
  })

  test('whose server has a path keeps it before every call', async () => {
    const cluster = await connectTo(`${server.url}/k8s/clusters/c-1/`)
    await cluster.serverVersion(signal)
    expect(server.seen[0]?.url).toBe('/k8s/clusters/c-1/version')
  })
})

describe('credentials', () => {
  const plugin = (body: string) => file('plugin.mjs', body)
  const prints = (status: string) =>
    `import fs from 'node:fs'
     const n = fs.existsSync(process.env.COUNT) ? Number(fs.readFileSync(process.env.COUNT, 'utf8')) + 1 : 1
     fs.writeFileSync(process.env.COUNT, String(n))
     const info = JSON.parse(process.env.KUBERNETES_EXEC_INFO)
     if (info.kind !== 'ExecCredential' || info.spec.cluster.server === undefined) process.exit(3)
     console.log(JSON.stringify({ apiVersion: info.apiVersion, kind: 'ExecCredential', status: ${status} }))`
  const exec = (script: string, count: string) => ({
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: [script],
      provideClusterInfo: true,
      env: [{ name: 'COUNT', value: join(folder, count) }],
    },
  })
  const shell = (script: string) => ({ exec: { command: '/bin/sh', args: ['-c', script] } })
  /** counting prints the token `<name><n>`, n being how often it was run. */
  const counting = (name: string) => {
    const count = join(folder, `count-${name}`)
    return shell(`n=0; [ ! -e '${count}' ] || read n < '${count}'; n=$((n+1)); echo $n > '${count}'
      echo '{"status":{"token":"${name}'$n'"}}'`)
  }

  test('come from a plugin, which is run again when they are refused, once', async () => {
    const script = plugin(prints(`{ token: 'token-' + n, expirationTimestamp: '2030-01-01T00:00:00Z' }`))
    const cluster = await connect(
      contentAccess(kubeconfig({ server: server.url }, exec(script, 'c1'))),
      options,
    )
    expect(cluster.tokenExpiry()).toBe(Date.parse('2030-01-01T00:00:00Z'))
    server.answer(({ headers }) =>
      headers.authorization === 'Bearer token-2' ? ok({} as never) : unauthorized,
    )
    expect(await cluster.serverVersion(signal)).toEqual(version)
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ])
    expect(cluster.secrets()).toEqual(['token-1', 'token-2'])
  })

  test('that stay refused are an error after one more try', async () => {
    const cluster = await connect(contentAccess(kubeconfig({ server: server.url }, counting('S'))), options)
    server.answer(() => unauthorized)
    const error = await failure(cluster.serverVersion(signal))
    expect([error.code, server.seen.length]).toEqual(['unauthorized', 2])
    expect(error.message).toMatch(/401/)
  })

  test('that can’t be read anew say both', async () => {
    const path = file('gone/config', kubeconfig({ server: server.url }))
    const cluster = await connect({ kubeconfig: { from: 'path', value: path }, context: null }, options)
    rmSync(path)
    server.answer(() => unauthorized)
    const error = await failure(cluster.serverVersion(signal))
    expect([error.code, error.message]).toEqual([
      'unauthorized',
      expect.stringMatching(/401.*gone\/config can't be read/),
    ])
  })

  test('are read anew once for all calls that met the same refusal', async () => {
    const cluster = await connect(contentAccess(kubeconfig({ server: server.url }, counting('T'))), options)
    server.answer(({ headers }) => (headers.authorization === 'Bearer T1' ? unauthorized : ok({} as never)))
    await Promise.all([1, 2, 3, 4].map(() => cluster.serverVersion(signal)))
    expect(new Set(server.seen.map(({ headers }) => headers.authorization))).toEqual(
      new Set(['Bearer T1', 'Bearer T2']),
    )
  })

  test.each<[string, string, RegExp]>([
    ['that fails', 'echo please log in >&2; exit 4', /ended with 4: please log in/],
    ['that prints something else', 'echo secret-output', /printed no ExecCredential/],
    ['that prints an empty status', `echo '{"status":{}}'`, /neither token nor/],
  ])('from a plugin %s', async (_name, body, message) => {
    const error = await failure(
      connect(contentAccess(kubeconfig({ server: server.url }, shell(body))), options),
    )
    expect([error.code, error.message]).toEqual(['unauthorized', expect.stringMatching(message)])
    expect(error.message).not.toContain('secret-output')
  })

  test('from a plugin that is not installed name its hint', async () => {
    const user = { exec: { command: 'no-such-plugin-here', installHint: 'install it from example.com' } }
    const error = await failure(connect(contentAccess(kubeconfig({ server: server.url }, user)), options))
    expect([error.code, error.message]).toEqual([
      'unauthorized',
      expect.stringMatching(/no-such-plugin-here.*install it/),
    ])
  })

  test('from a plugin that hangs end with a timeout', async () => {
    const access = contentAccess(kubeconfig({ server: server.url }, shell('exec /bin/sleep 60')))
    expect((await failure(connect(access, { ...options, callTimeout: 60 }))).code).toBe('timeout')
  })

  const isRunning = (pid: number): boolean => {
    try {
      process.kill(pid, 0)
      return true
    } catch {
      return false
    }
  }
  /** What runs in the background of a plugin, as a pid file names it. */
  const background = () => Number(readFileSync(join(folder, 'background.pid'), 'utf8'))
  const inBackground = () => `/bin/sleep 61 & echo $! > '${join(folder, 'background.pid')}'`

  test('from a plugin whose child holds its output open are had when it ends, and the child is ended', async () => {
    const body = `${inBackground()}; echo '{"status":{"token":"T1"}}'`
    const access = contentAccess(kubeconfig({ server: server.url }, shell(body)))
    const cluster = await connect(access, options)
    expect(cluster.secrets()).toContain('T1')
    await eventually(() => !isRunning(background()))
  })

  test('from a plugin are had although what left its group holds its output open', async () => {
    const body = `setsid /bin/sleep 61 & echo $! > '${join(folder, 'background.pid')}'; echo '{"status":{"token":"T1"}}'`
    const cluster = await connect(contentAccess(kubeconfig({ server: server.url }, shell(body))), options)
    expect(cluster.secrets()).toContain('T1')
    process.kill(background(), 'SIGKILL')
  })

  test('from a plugin that complains show none of the secrets that it was given, whole or cut', async () => {
    const secret = 'pass-word-of-mine'
    const fill = Array.from({ length: 200 }, (_, index) => `${secret}${' '.repeat(index % 7)} x`).join(' ')
    const user = shell(`echo "$MY_SECRET ${fill}" >&2; exit 1`)
    const access = contentAccess(kubeconfig({ server: server.url }, user))
    const error = await failure(connect(access, { ...options, env: { ...options.env, MY_SECRET: secret } }))
    expect(error.message).toContain('***')
    expect(error.message).not.toMatch(/pass|word|mine/)
  })

  test('from a plugin without progress end with it and its children, before the time for a login', async () => {
    const entry = {
      name: 'u1',
      at: 'users[u1]',
      value: { user: shell(`${inBackground()}; wait`) },
      label: '',
      base: folder,
    }
    const endpoint = {
      server: new URL(server.url),
      ca: null,
      caField: null,
      proxy: null,
      skipVerify: false,
      serverName: null,
    }
    const run = runExecPlugin(createEntryFields(entry, 'user'), endpoint, options.env, signal, 300)
    const error = await failure(run)
    expect([error.code, error.message]).toEqual([
      'unauthorized',
      expect.stringMatching(/no progress for 300 ms/),
    ])
    await eventually(() => !isRunning(background()))
  })

  test('of a pod come from its service account, and a rotated token is read when the old one is refused', async () => {
    const authority = makeAuthority()
    const secure = await serve(
      ({ headers }) => (headers.authorization === 'Bearer new' ? ok({} as never) : unauthorized),
      tls(authority.sign('kubernetes', 'IP:127.0.0.1')),
    )
    file('account/token', 'old\n')
    file('account/namespace', 'ci\n')
    file('account/ca.crt', authority.ca.certificate)
    const cluster = await connect(
      { kubeconfig: { from: 'default' }, context: null },
      {
        ...options,
        env: { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(secure.port) },
        serviceAccount: join(folder, 'account'),
      },
    )
    expect([cluster.name, cluster.namespace]).toEqual([`127.0.0.1:${secure.port}`, 'ci'])
    file('account/token', 'new\n')
    expect(await cluster.serverVersion(signal)).toEqual(version)
    await secure.close()
  })

  test('in a JWT tell when they end; other tokens don’t', async () => {
    const ends = 1_900_000_000
    const one = await connect(
      contentAccess(kubeconfig({ server: server.url }, { token: jwt(ends) })),
      options,
    )
    expect(one.tokenExpiry()).toBe(ends * 1000)
    expect((await connectTo(server.url)).tokenExpiry()).toBeNull()
  })
})

function tls(pair: Pair) {
  return { cert: pair.certificate, key: pair.key }
}

const encoded = (text: string) => Buffer.from(text).toString('base64')

describe('TLS', () => {
  let authority: ReturnType<typeof makeAuthority>
  let other: ReturnType<typeof makeAuthority>
  let secure: TestServer
  beforeAll(async () => {
    authority = makeAuthority()
    other = makeAuthority()
    secure = await serve(ok, {
      ...tls(authority.sign('api', 'DNS:kubernetes.default,IP:127.0.0.1')),
      ca: authority.ca.certificate,
      requestCert: true,
      rejectUnauthorized: false,
    })
  }, 30_000)
  afterAll(() => secure.close())

  const reach = async (
    cluster: Record<string, unknown>,
    user: Record<string, unknown> = { token: 't' },
    url = secure.url,
  ) => {
    const connected = await connect(contentAccess(kubeconfig({ server: url, ...cluster }, user)), options)
    return connected.serverVersion(signal)
  }

  test('is checked against the kubeconfig’s CA, as data or file', async () => {
    expect(await reach({ 'certificate-authority-data': encoded(authority.ca.certificate) })).toEqual(version)
    expect(await reach({ 'certificate-authority': file('ca.crt', authority.ca.certificate) })).toEqual(
      version,
    )
    expect(await reach({ 'certificate-authority-data': encoded(authority.ca.certificate) }, {})).toEqual(
      version,
    )
  })

  test('with a wrong CA names the field that holds it', async () => {
    const error = await failure(reach({ 'certificate-authority-data': encoded(other.ca.certificate) }))
    expect([error.code, error.message]).toEqual([
      'bad-certificate',
      expect.stringMatching(
        /wrong CA: the authority in clusters\[c1\]\.cluster\.certificate-authority-data did not sign/,
      ),
    ])
  })

  test('with no CA says that the system’s were tried', async () => {
    const error = await failure(reach({}))
    expect([error.code, error.message]).toEqual([
      'bad-certificate',
      expect.stringMatching(/system's authorities/),
    ])
  })

  test('with insecure-skip-tls-verify is not checked', async () => {
    expect(await reach({ 'insecure-skip-tls-verify': true })).toEqual(version)
  })

  test('for another name needs tls-server-name', async () => {
    const named = await serve(ok, tls(authority.sign('api', 'DNS:kubernetes.default')))
    const ca = { 'certificate-authority-data': encoded(authority.ca.certificate) }
    const error = await failure(reach(ca, {}, named.url))
    expect([error.code, error.message]).toEqual(['bad-certificate', expect.stringMatching(/tls-server-name/)])
    expect(await reach({ ...ca, 'tls-server-name': 'kubernetes.default' }, {}, named.url)).toEqual(version)
    await named.close()
  })

  test('presents the client’s certificate and masks its key', async () => {
    const strict = await serve(ok, {
      ...tls(authority.sign('api', 'IP:127.0.0.1')),
      ca: authority.ca.certificate,
      requestCert: true,
      rejectUnauthorized: true,
    })
    const pair = authority.sign('ci', 'DNS:ci')
    const user = {
      'client-certificate-data': encoded(pair.certificate),
      'client-key-data': encoded(pair.key),
    }
    const access = contentAccess(
      kubeconfig(
        { server: strict.url, 'certificate-authority-data': encoded(authority.ca.certificate) },
        user,
      ),
    )
    const cluster = await connect(access, options)
    expect(await cluster.serverVersion(signal)).toEqual(version)
    expect(cluster.secrets()).toEqual([pair.key, encoded(pair.key)])
    expect(cluster.tokenExpiry()).toBe(new X509Certificate(pair.certificate).validToDate.getTime())
    const without = kubeconfig(
      { server: strict.url, 'certificate-authority-data': encoded(authority.ca.certificate) },
      {},
    )
    const error = await failure((await connect(contentAccess(without), options)).serverVersion(signal))
    expect([error.code, error.message]).toEqual([
      'bad-certificate',
      expect.stringMatching(/client-certificate-data/),
    ])
    await strict.close()
  })

  test('spoken to a plain server is told from a server that is not there', async () => {
    const error = await failure(
      reach({ 'insecure-skip-tls-verify': true }, {}, server.url.replace('http:', 'https:')),
    )
    expect([error.code, error.message]).toEqual(['unreachable', expect.stringMatching(/does not speak TLS/)])
  })

  test('goes through the kubeconfig’s proxy, whose absence is named', async () => {
    const { startProxy } = await import('./helpers/proxy.ts')
    const proxy = await startProxy()
    const ca = { 'certificate-authority-data': encoded(authority.ca.certificate) }
    expect(await reach({ ...ca, 'proxy-url': `http://user:p%40ss@127.0.0.1:${proxy.port}` })).toEqual(version)
    expect(proxy.seen).toEqual([
      { target: `127.0.0.1:${secure.port}`, authorization: `Basic ${encoded('user:p@ss')}` },
    ])
    await proxy.close()
    const error = await failure(reach({ ...ca, 'proxy-url': `http://127.0.0.1:${proxy.port}` }))
    expect([error.code, error.message]).toEqual([
      'unreachable',
      expect.stringMatching(/through the proxy 127\.0\.0\.1/),
    ])
  })
})
