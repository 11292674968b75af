import { describe, expect, test } from '@jest/globals'
import { parseOption } from '../../src/config/kinds/codecs.ts'
import type { Option } from '../../src/config/options/option.ts'
import { findOption } from '../../src/config/options/options.ts'
import { readConfig } from '../../src/config/sources/config-file.ts'
import type { Settings } from '../../src/release/settings.ts'
import { gateDigest } from '../../src/rollout/start/start.ts'
import { keepsUsers, stickyOptions } from '../../src/rollout/sticky.ts'

const day = 86_400_000

describe('how users are kept', () => {
  test.each([
    ['cookie', { cookie: null, maxAge: day, from: 0 }],
    ['cookie=canary', { cookie: 'canary', maxAge: day, from: 0 }],
    ['cookie=canary, max-age=1h', { cookie: 'canary', maxAge: 3_600_000, from: 0 }],
    ['cookie,max-age=30d,from=50', { cookie: null, maxAge: 30 * day, from: 50 }],
  ])('%s', (text, value) => {
    expect(parseOption(text, findOption('sticky') as Option)).toEqual({ value })
  })

  test.each([
    ['consistent-hash', /Istio draws the version by weight before it hashes/],
    ['consistentHash=x-user', /Istio draws the version/],
    ['header=x', /knows no "header"/],
    ['max-age=1h', /names no cookie/],
    ['cookie=a,cookie=b', /gives cookie twice/],
    ['cookie=a;b', /cookie name/],
    ['cookie=__Host-a', /“Secure”/],
    ['cookie,max-age=500ms', /max-age/],
    ['cookie,max-age=1.5s', /max-age/],
    ['cookie,max-age=31d', /max-age/],
    ['cookie,max-age=', /max-age/],
    ['cookie,from=100', /below 100/],
    ['cookie,from=-1', /below 100/],
    ['', /knows no ""/],
  ])('%j is refused', (text, why) => {
    expect(parseOption(text, findOption('sticky') as Option)).toEqual({ wrong: expect.stringMatching(why) })
  })

  test.each([
    ['steps: [{weight: 10, sticky: cookie}, 100]', [10, 100], { cookie: null, maxAge: day, from: 10 }],
    [
      'steps: [5, {sticky: {max-age: 1h, cookie: a}, weight: 10}, 100]',
      [5, 10, 100],
      { cookie: 'a', maxAge: 3_600_000, from: 10 },
    ],
    ['steps: [{weight: 10, sticky: {cookie: }}, 100]', [10, 100], { cookie: null, maxAge: day, from: 10 }],
    ['{steps: [10, 100], sticky: {cookie: a}}', [10, 100], { cookie: 'a', maxAge: day, from: 0 }],
  ])('%s', (file, steps, sticky) => {
    const given = readConfig('f.yml', file)
    expect([given.get('steps')?.value, given.get('sticky')?.value]).toEqual([steps, sticky])
  })

  test('they are kept from their share on up to 100, and nobody where nobody asked', () => {
    const sticky = { cookie: null, maxAge: day, from: 10 }
    expect([5, 10, 99, 100].map((weight) => keepsUsers({ sticky }, weight))).toEqual([
      false,
      true,
      true,
      false,
    ])
    expect(keepsUsers({}, 50)).toBe(false)
    expect(stickyOptions({ sticky }, 'my-api', 'r1')).toEqual({
      cookie: 'shiftgate-my-api',
      maxAge: 86_400,
      release: 'r1',
      from: 10,
    })
  })

  test('a release that keeps users is another one than one that does not', () => {
    const settings = { steps: [10, 100] } as Settings
    const kept = { ...settings, sticky: { cookie: null, maxAge: day, from: 10 } }
    expect(gateDigest(kept)).not.toBe(gateDigest(settings))
    expect(gateDigest(settings)).toBe(gateDigest({ ...settings }))
  })
})
