import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import { openMetrics } from '../../src/metrics/metrics.ts'
import { Failure, type FailureCode } from '../../src/release/failure.ts'
import type { PrometheusAccess } from '../../src/release/request.ts'
import type { MetricsPort } from '../../src/rollout/ports.ts'
import { shortSleep } from '../support/short-sleep.ts'
import {
  closeServers,
  door,
  failure,
  good,
  json,
  keep,
  never,
  open,
  plain,
  serve,
  wholeAnswers,
} from './prometheus-stub.ts'

afterEach(closeServers)

function bodyOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    request.on('data', (chunk: Buffer) => {
      text += chunk
    })
    request.on('end', () => resolve(text))
  })
}

const wrong: [name: string, status: number, type: string, body: string, code: FailureCode, says: RegExp][] = [
  [
    'a login page',
    200,
    'text/html; charset=utf-8',
    '<html>Sign in</html>',
    'bad-answer',
    /not a Prometheus API.*text\/html/,
  ],
  [
    'other JSON',
    200,
    'application/json',
    '{"hello":"world"}',
    'bad-answer',
    /not a Prometheus API.*application\/json/,
  ],
  ['cut JSON', 200, 'application/json', good.slice(0, 40), 'bad-answer', /not a Prometheus API/],
  ['nothing', 200, '', '', 'bad-answer', /no content type/],
  [
    'a strange result type',
    200,
    'application/json',
    '{"status":"success","data":{"resultType":"string","result":[1,"x"]}}',
    'bad-answer',
    /not a Prometheus API/,
  ],
  [
    'a sample that is no number',
    200,
    'application/json',
    good.replace('"7"', '"seven"'),
    'bad-answer',
    /pair of a time and a number/,
  ],
  ['labels that are no texts', 200, 'application/json', good.replace('"b"', '1'), 'bad-answer', /labels/],
  ['401', 401, 'text/plain', 'who are you', 'unauthorized', /credentials/],
  ['403', 403, 'text/plain', 'no', 'forbidden', /forbids/],
  ['404 of another server', 404, 'text/html', 'nope', 'bad-answer', /not a Prometheus API.*404/],
  [
    '400',
    400,
    'application/json',
    '{"status":"error","errorType":"bad_data","error":"parse error: unexpected \\"}\\""}',
    'bad-query',
    /parse error: unexpected "}"/,
  ],
  [
    '422',
    422,
    'application/json',
    '{"status":"error","errorType":"execution","error":"many-to-many"}',
    'bad-query',
    /many-to-many/,
  ],
  ['a redirect', 302, 'text/html', '', 'bad-answer', /redirects.*final address/],
]

describe('what Prometheus may answer', () => {
  test.each(wrong)('%s', async (_name, status, type, body, code, says) => {
    let calls = 0
    const url = await serve((_request, response) => {
      calls += 1
      response.writeHead(status, { 'content-type': type, location: 'http://127.0.0.1:1/elsewhere' })
      response.end(body)
    })
    const error = await failure(door({ url }).metrics.instant('up', 0, never))
    expect(error.code).toBe(code)
    expect(error.message).toMatch(says)
    // What Prometheus itself says of a query is so; anything else is believed once four answers say it.
    expect(calls).toBe(code === 'bad-query' ? 1 : 4)
  })

  test.each(wrong.filter(([, , , , code]) => code !== 'bad-query'))(
    '%s, once: the question is asked again',
    async (_name, status, type, body) => {
      let calls = 0
      const url = await serve((_request, response) => {
        calls += 1
        if (calls > 1) return void response.writeHead(200, json).end(good)
        response.writeHead(status, { 'content-type': type, location: 'http://127.0.0.1:1/elsewhere' })
        response.end(body)
      })
      const { metrics } = door({ url })
      expect((await metrics.instant('up', 0, never)).series).toHaveLength(1)
      expect(calls).toBe(2)
    },
  )

  test("a long message of Prometheus is cut, and can't forge lines", async () => {
    const url = await serve((_request, response) => {
      response.writeHead(400, json)
      response.end(
        JSON.stringify({
          status: 'error',
          errorType: 'bad_data',
          error: `a\n::error::b\u001b[2J${'x'.repeat(5000)}`,
        }),
      )
    })
    const { message } = await failure(door({ url }).metrics.instant('up', 0, never))
    expect(message.length).toBeLessThan(400)
    expect(message).not.toMatch(/\p{Cc}/u)
  })

  test('numbers and warnings are kept', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, json)
      response.end(
        good.replace(
          '{"status":"success",',
          '{"status":"success","warnings":["PromQL info: metric might not be a counter"],',
        ),
      )
    })
    expect(await door({ url }).metrics.instant('up', 0, never)).toEqual({
      series: [{ labels: { a: 'b' }, samples: [[1500, 7]] }],
      warnings: ['PromQL info: metric might not be a counter'],
    })
  })
})

describe('patience', () => {
  test.each([408, 429, 500, 502, 503, 504])('%i is asked again', async (status) => {
    let calls = 0
    const url = await serve((_request, response) => {
      calls += 1
      response.writeHead(calls < 3 ? status : 200, json)
      response.end(calls < 3 ? '{"status":"error","error":"busy"}' : good)
    })
    const { metrics, slept } = door({ url })
    expect((await metrics.instant('up', 0, never)).series).toHaveLength(1)
    expect(slept).toEqual([250, 500])
  })

  test('Retry-After is obeyed, and never beyond the deadline', async () => {
    let calls = 0
    const url = await serve((_request, response) => {
      calls += 1
      response.writeHead(429, { ...json, 'retry-after': calls === 1 ? '3' : '60' })
      response.end()
    })
    const { metrics, slept } = door({ url })
    const error = await failure(metrics.instant('up', 0, never))
    expect(error.code).toBe('server-error')
    expect(error.message).toContain('tried 2 times')
    expect(slept).toEqual([3000])
  })

  test('the deadline is kept in the time that waiting takes, virtual or not', async () => {
    let time = 0
    let calls = 0
    const url = await serve((_request, response) => {
      calls += 1
      response.statusCode = 503
      response.end()
    })
    const sleep = async (ms: number) => {
      time += ms
    }
    const { metrics } = door({ url }, { now: () => time, sleep, deadline: 10_000 })
    expect((await failure(metrics.instant('up', 0, never))).code).toBe('server-error')
    // 250 + 500 + 1000 + 2000 + 4000: the next wait would end after 10 s
    expect([time, calls]).toEqual([7750, 6])
  })

  test('a Prometheus that hangs ends in a timeout', async () => {
    const url = await serve(() => undefined)
    const error = await failure(
      door({ url }, { callTimeout: 40, deadline: 60 }).metrics.instant('up', 0, never),
    )
    expect(error.code).toBe('timeout')
  })

  test('an answer that stops halfway ends in a timeout', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, json)
      response.write(good.slice(0, 20))
    })
    const error = await failure(
      door({ url }, { callTimeout: 40, deadline: 60 }).metrics.instant('up', 0, never),
    )
    expect(error.code).toBe('timeout')
  })

  test('no call is begun with too little time left: what the last one said is told', async () => {
    const sleep = async (ms: number) => {
      time += ms
    }
    let time = 0
    let calls = 0
    const url = await serve((_request, response) => {
      calls += 1
      response.statusCode = 503
      response.end()
    })
    // The second wait ends 50 ms before the deadline.
    const { metrics } = door({ url }, { now: () => time, sleep, deadline: 800 })
    const error = await failure(metrics.instant('up', 0, never))
    expect([error.code, calls]).toEqual(['server-error', 2])
  })

  test('an abort ends a call at once', async () => {
    const controller = new AbortController()
    const url = await serve(() => controller.abort())
    expect((await failure(door({ url }).metrics.instant('up', 0, controller.signal))).code).toBe('aborted')
  })

  test('an abort ends a wait between tries', async () => {
    const controller = new AbortController()
    const url = await serve((_request, response) => {
      response.statusCode = 503
      response.end()
      setImmediate(() => controller.abort())
    })
    const metrics = openMetrics(
      { ...plain, url },
      { random: () => 1, sleep: shortSleep, userAgent: 'shiftgate/test' },
    )
    expect((await failure(metrics.instant('up', 0, controller.signal))).code).toBe('aborted')
  })

  test('nobody listens', async () => {
    const url = await serve(() => undefined)
    open.splice(0)[0]?.close()
    const { metrics, slept } = door({ url }, { deadline: 400 })
    const error = await failure(metrics.instant('up', 0, never))
    expect(error.code).toBe('unreachable')
    expect(error.message).toMatch(/nothing listens there/)
    expect(slept.length).toBeGreaterThan(0)
  })

  test('a name that does not exist', async () => {
    const error = await failure(
      door({ url: 'http://prometheus.invalid:9090' }, { deadline: 1 }).metrics.instant('up', 0, never),
    )
    expect(['unreachable', 'timeout']).toContain(error.code)
  })
})

describe('credentials', () => {
  const secret = 's3cret-token'

  test('token, headers and agent are sent; long queries are posted', async () => {
    const seen: { method: string; url: string; body: string; headers: IncomingMessage['headers'] }[] = []
    const url = await serve(async (request, response) => {
      const body = await bodyOf(request)
      seen.push({ method: request.method ?? '', url: request.url ?? '', body, headers: request.headers })
      response.writeHead(200, json)
      response.end(good)
    })
    const { metrics } = door({
      url: `${url}/prom/`,
      bearerToken: secret,
      headers: { 'X-Scope-OrgID': 'team' },
    })
    const long = `up{a="${'é&'.repeat(1500)}"}`
    await metrics.instant('up{a="é&+ "}', 1500, never)
    await metrics.instant(long, 1500, never)
    expect(seen.map((one) => one.method)).toEqual(['GET', 'POST'])
    expect(new URL(seen[0]?.url ?? '', url).searchParams.get('query')).toBe('up{a="é&+ "}')
    expect(seen[0]?.url).toMatch(/^\/prom\/api\/v1\/query\?/)
    expect(new URLSearchParams(seen[1]?.body).get('query')).toBe(long)
    for (const { headers } of seen) {
      expect(headers.authorization).toBe(`Bearer ${secret}`)
      expect(headers['x-scope-orgid']).toBe('team')
      expect(headers['user-agent']).toBe('shiftgate/test')
    }
    expect(metrics.secrets()).toEqual([secret, 'team'])
  })

  test('user and password are sent as Basic', async () => {
    let sent = ''
    const url = await serve((request, response) => {
      sent = request.headers.authorization ?? ''
      response.writeHead(200, json)
      response.end(good)
    })
    const { metrics } = door({ url, basic: { username: 'ci', password: 'p:w' } })
    await metrics.instant('up', 0, never)
    expect(Buffer.from(sent.replace('Basic ', ''), 'base64').toString()).toBe('ci:p:w')
    expect(metrics.secrets()).toEqual(['p:w', Buffer.from('ci:p:w').toString('base64')])
  })

  test('a redirect to another host never gets them', async () => {
    let reached = false
    const thief = await serve((_request, response) => {
      reached = true
      response.end()
    })
    const url = await serve((_request, response) => {
      response.writeHead(307, { location: `${thief}/api/v1/query` })
      response.end()
    })
    await failure(door({ url, bearerToken: secret }).metrics.instant('up', 0, never))
    expect(reached).toBe(false)
  })

  test('they show in no error, not even when Prometheus repeats them', async () => {
    const url = await serve((request, response) => {
      response.writeHead(400, json)
      response.end(JSON.stringify({ status: 'error', error: `bad: ${request.headers.authorization}` }))
    })
    const error = await failure(door({ url, bearerToken: secret }).metrics.instant('up', 0, never))
    const refused = await failure(
      door({ url: 'http://127.0.0.1:1', bearerToken: secret }, { deadline: 50 }).metrics.instant(
        'up',
        0,
        never,
      ),
    )
    for (const one of [error, refused]) {
      expect(`${one.message} ${JSON.stringify(one)} ${JSON.stringify(one.cause)} ${one.stack}`).not.toContain(
        secret,
      )
    }
  })

  test.each<[string, Partial<PrometheusAccess>, RegExp]>([
    ['a header with a line end', { headers: { 'X-A': 'a\r\nb: c' } }, /X-A/],
    ['a token with a line end', { bearerToken: 'a\nb' }, /prometheus-token/],
    ['token and password', { bearerToken: 'a', basic: { username: 'a', password: 'b' } }, /not both/],
    ['a CA that is none', { ca: 'MIIB' }, /PEM/],
  ])('%s is refused before anything is sent', (_name, access, says) => {
    const opened = () => door({ url: 'http://127.0.0.1:1', ...access })
    expect(opened).toThrow(says)
    expect(opened).toThrow(expect.objectContaining({ code: 'invalid-input' }))
  })
})

describe('TLS', () => {
  test('an unknown authority is bad-certificate; with its certificate as CA it is trusted', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'shiftgate-tls-'))
    open.push({ close: () => rmSync(folder, { recursive: true, force: true }) })
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=shiftgate -addext subjectAltName=IP:127.0.0.1`
    execFileSync('openssl', [...words.split(' '), '-keyout', key, '-out', cert], { stdio: 'ignore' })
    const server = createTlsServer(
      { key: readFileSync(key), cert: readFileSync(cert) },
      (_request, response) => {
        response.writeHead(200, json)
        response.end(good)
      },
    )
    keep(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { metrics, slept } = door({ url })
    const error = await failure(metrics.instant('up', 0, never))
    expect(error.code).toBe('bad-certificate')
    expect(error.message).toContain('prometheus-ca')
    expect(slept).toEqual([])
    const trusting = door({ url, ca: readFileSync(cert, 'utf8') })
    expect((await trusting.metrics.instant('up', 0, never)).series).toHaveLength(1)
  })

  test('https to a port that speaks http is said plainly', async () => {
    const url = await serve((_request, response) => response.end())
    const error = await failure(
      door({ url: url.replace('http:', 'https:') }, { deadline: 100 }).metrics.instant('up', 0, never),
    )
    expect(error.code).toBe('unreachable')
    expect(error.message).toContain('TLS')
  })
})

describe('through the API server', () => {
  test('every question is a GET of path and query', async () => {
    const asked: [string, Record<string, string>][] = []
    const { metrics } = door(
      { url: 'k8s://istio-system/prometheus:9090' },
      {
        transport: async (path, query) => {
          asked.push([path, query])
          return { status: 200, contentType: 'application/json', text: good }
        },
      },
    )
    const long = `up{a="${'x'.repeat(5000)}"}`
    await metrics.instant(long, 1500, never)
    expect(asked).toEqual([['/api/v1/query', { query: long, time: '1.500', ...wholeAnswers }]])
  })

  test("a transport's failures pass through, retried where that may help", async () => {
    let calls = 0
    const { metrics } = door(
      { url: 'k8s://istio-system/prometheus:9090' },
      {
        transport: async () => {
          calls += 1
          throw calls === 1
            ? new Failure('unreachable', 'no way')
            : new Failure('forbidden', 'no services/proxy')
        },
      },
    )
    expect((await failure(metrics.instant('up', 0, never))).code).toBe('forbidden')
    expect(calls).toBe(2)
  })

  test('without a transport it is refused', () => {
    expect(() => door({ url: 'k8s://a/b:1' })).toThrow(/transport/)
  })
})

describe('probe and range', () => {
  test('a store without build information is proven by a query', async () => {
    const url = await serve((request, response) => {
      const build = request.url?.includes('buildinfo')
      response.writeHead(build ? 404 : 200, build ? {} : json)
      response.end(build ? 'not here' : good.replace('"7"', '"1"'))
    })
    expect(await door({ url }).metrics.probe(never)).toEqual({ version: 'unknown' })
  })

  test("the door has the shape of the loop's port", async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, json)
      response.end('{"status":"success","data":{"version":"3.4.1"}}')
    })
    const port: MetricsPort = door({ url }).metrics
    expect(await port.probe(never)).toEqual({ version: '3.4.1' })
  })

  test('a web page is no Prometheus', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end('<html></html>')
    })
    expect((await failure(door({ url }).metrics.probe(never))).code).toBe('bad-answer')
  })

  test.each([
    [11_000, [11_000]],
    [11_001, [11_000, 1]],
    [22_000, [11_000, 11_000]],
  ])('a range of %i points is asked in parts of %j', async (points, parts) => {
    const asked: number[] = []
    const url = await serve((request, response) => {
      const query = new URL(request.url ?? '', 'http://x').searchParams
      asked.push((Number(query.get('end')) - Number(query.get('start'))) / Number(query.get('step')) + 1)
      response.writeHead(200, json)
      response.end('{"status":"success","data":{"resultType":"matrix","result":[]}}')
    })
    await door({ url }).metrics.range('up', 0, (points - 1) * 5000, 5000, never)
    expect(asked).toEqual(parts)
  })

  test('a range of more than 11 000 points is asked in parts and put together', async () => {
    const windows: [number, number][] = []
    const url = await serve((request, response) => {
      const query = new URL(request.url ?? '', 'http://x').searchParams
      const [start, end] = [Number(query.get('start')), Number(query.get('end'))]
      windows.push([start, end])
      response.writeHead(200, json)
      const values = [
        [start, '1'],
        [end, '2'],
      ]
      response.end(
        JSON.stringify({
          status: 'success',
          data: { resultType: 'matrix', result: [{ metric: { a: 'b' }, values }] },
        }),
      )
    })
    const { series } = await door({ url }).metrics.range('up', 137, 137 + 25_000_000, 1000, never)
    expect(windows).toEqual([
      [0.137, 10999.137],
      [11000.137, 21999.137],
      [22000.137, 25000.137],
    ])
    expect(series).toHaveLength(1)
    expect(series[0]?.samples.map(([time]) => time)).toEqual([
      137, 10999137, 11000137, 21999137, 22000137, 25000137,
    ])
  })
})
