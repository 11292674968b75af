import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { GateSpec } from '../../src/release/gates.ts'
import { least, resolve } from './raw-request.ts'

const gatesOf = (yaml: string): readonly GateSpec[] => resolve(least, { yaml }).request.settings.gates

describe('the gates of the config file', () => {
  test('are read by their types, with what stands where nothing is said', () => {
    const yaml = [
      'gates:',
      '- {type: errors, mode: observe, routes: {label: request_operation}}',
      '- {name: slow, type: latency, over: 1.5s}',
      '- name: pay',
      '  type: ratio',
      `  bad: 'bad{pod=~"{{canary.pods}}"}'`,
      `  total: 'all{ {{ canary }} }'`,
      '- {name: queue, type: query, query: max(depth), min: -1, max: 2e3, unit: jobs, agree: 2, mode: observe}',
      '- {name: up, type: http, url: "https://shop.example.com/up", status: [200, 204], timeout: 2s}',
    ].join('\n')
    expect(gatesOf(yaml)).toEqual([
      { name: 'errors', type: 'errors', mode: 'observe', routes: { label: 'request_operation', top: 5 } },
      { name: 'slow', type: 'latency', mode: 'enforce', over: 1500 },
      {
        name: 'pay',
        type: 'ratio',
        mode: 'enforce',
        bad: 'bad{pod=~"{{canary.pods}}"}',
        total: 'all{ {{ canary }} }',
      },
      {
        name: 'queue',
        type: 'query',
        mode: 'observe',
        query: 'max(depth)',
        min: -1,
        max: 2000,
        unit: 'jobs',
        agree: 2,
      },
      {
        name: 'up',
        type: 'http',
        mode: 'enforce',
        url: 'https://shop.example.com/up',
        status: [200, 204],
        timeout: 2000,
        agree: 3,
      },
    ])
  })

  test('without any, the errors gate stands alone', () => {
    expect(resolve(least).request.settings.gates).toEqual([])
  })

  test.each([
    ['no list', 'gates: {type: errors}', '1:8', 'expected a list of gates'],
    ['no map', 'gates: [slow]', '1:9', 'expected a gate as a map'],
    ['no type', 'gates:\n- {name: slow}', '2:3', 'type is missing'],
    [
      'an unknown type',
      'gates:\n- {name: slow, type: latncy}',
      '2:22',
      'is not one of: errors, profile, latency',
    ],
    [
      'an unknown key',
      'gates:\n- name: slow\n  type: latency\n  overr: 1s',
      '4:3',
      'unknown key "overr" of a gate of type latency. Did you mean "over"?',
    ],
    [
      'a key of another type',
      'gates: [{name: s, type: latency, over: 1s, agree: 2}]',
      '1:44',
      'unknown key "agree"',
    ],
    ['a name that is none', 'gates: [{name: Slow, type: latency, over: 1s}]', '1:16', 'is no name'],
    [
      'a name twice',
      'gates:\n- {name: s, type: latency, over: 1s}\n- {name: s, type: latency, over: 2s}',
      '3:3',
      'stands here a second time',
    ],
    ['a bound without unit', 'gates: [{name: s, type: latency, over: 500}]', '1:40', 'is no duration'],
    ['a query without limit', 'gates: [{name: q, type: query, query: up}]', '1:9', 'needs a limit'],
    [
      'limits that exclude all',
      'gates: [{name: q, type: query, query: up, min: 2, max: 1}]',
      '1:56',
      'is below min',
    ],
    ['no number', 'gates: [{name: q, type: query, query: up, max: many}]', '1:48', 'is not a number'],
    ['agree 0', 'gates: [{name: q, type: query, query: up, max: 1, agree: 0}]', '1:58', 'from 1 to 100'],
    [
      'an unknown placeholder',
      "gates: [{name: q, type: query, query: 'x{ {{canari}} }', max: 1}]",
      '1:39',
      'unknown placeholder {{canari}}. Did you mean {{canary}}?',
    ],
    [
      'a ratio that counts both sides alike',
      'gates: [{name: r, type: ratio, bad: x, total: y}]',
      '1:37',
      'names no side',
    ],
    ['no address', 'gates: [{name: h, type: http, url: ftp://x}]', '1:36', 'is no http(s) address'],
    ['credentials', 'gates: [{name: h, type: http, url: "http://a:geheim@x/"}]', '1:36', 'holds credentials'],
    ['no status', 'gates: [{name: h, type: http, url: "http://x/", status: fine}]', '1:57', 'status code'],
    ['nothing enforced', 'gates: [{type: errors, mode: observe}]', '1:8', 'nothing is enforced'],
    ['a route label that is none', 'gates: [{type: errors, routes: {label: a-b}}]', '1:40', 'metric label'],
  ])('%s is refused at its place', (_, yaml, place, text) => {
    expect(() => gatesOf(yaml)).toThrow(`shiftgate.yml:${place}: gates: `)
    expect(() => gatesOf(yaml)).toThrow(text)
    expect(() => gatesOf(yaml)).not.toThrow('geheim')
  })

  test('any number of spaces around a gate leaves it the same gate', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 9999 }), (pad, ms) => {
        const yaml = `gates:\n${' '.repeat(pad)}- name: slow\n${' '.repeat(pad)}  type: latency\n${' '.repeat(pad)}  over: ${ms}ms`
        expect(gatesOf(yaml)).toEqual([{ name: 'slow', type: 'latency', mode: 'enforce', over: ms }])
      }),
      { numRuns: 30 },
    )
  })
})
