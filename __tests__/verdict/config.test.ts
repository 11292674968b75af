import { describe, expect, test } from '@jest/globals'
import { defaults, resolveConfig } from '../../src/verdict/config.ts'
import { advance, createEngine } from '../../src/verdict/engine/engine.ts'

describe('the config', () => {
  test('left out: the defaults', () => expect(resolveConfig({})).toEqual(defaults))

  test('undefined is left out', () => {
    expect(resolveConfig({ alpha: undefined } as never)).toEqual(defaults)
  })

  test('given: kept, and the defaults stay as they were', () => {
    expect(resolveConfig({ alpha: 0.05, slo: 0.02 })).toEqual({ ...defaults, alpha: 0.05, slo: 0.02 })
    expect(defaults.alpha).toBe(0.01)
  })

  test.each<[string, unknown]>([
    ['alpha', 0],
    ['alpha', 1],
    ['alpha', Number.NaN],
    ['alpha', '0.01'],
    ['beta', -0.1],
    ['abortRatio', 0.9],
    ['passMargin', 1],
    ['slo', 0.97],
    ['slo', 0],
    ['margins', []],
    ['margins', [0.1, 0.05]],
    ['margins', 0.1],
    ['ratios', [1]],
    ['gapRates', [0.3, 1]],
    ['soloFactors', [Number.POSITIVE_INFINITY]],
    ['noiseLag', 0],
    ['noiseLag', 1.5],
    ['maxSeconds', 0],
    ['minSeconds', Number.POSITIVE_INFINITY],
    ['cash', 0],
    ['share', 1],
  ])('refuses %s = %p, naming both and what is allowed', (field, value) => {
    let thrown: unknown
    try {
      resolveConfig({ [field]: value })
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({ code: 'invalid-input', details: { field } })
    const { message, details } = thrown as { message: string; details: Record<string, string> }
    expect(message).toContain(`${field} is ${details.value}, but must be ${details.allowed}`)
  })

  test('refuses a name that does not exist, and says which do', () => {
    expect(() => resolveConfig({ alhpa: 0.01 } as never)).toThrow(/alhpa.*must be one of alpha, beta/)
  })

  test('a step of its own is checked too', () => {
    const engine = createEngine({}, null)
    const poll = { t: 0, step: 0, canary: null, stable: null }
    expect(() => advance(engine, poll, { passMargin: 2 })).toThrow(/passMargin is 2/)
  })
})
