import { describe, expect, test } from '@jest/globals'
import { parseJudgeFile } from '../../src/verdict/file.ts'

const poll = { t: 0, step: 0, canary: { total: 1, bad: 0 }, stable: { total: 9, bad: 0 } }
const file = (change: object) => JSON.stringify({ config: {}, calibration: null, polls: [poll], ...change })
const withPoll = (change: object) => file({ polls: [poll, { ...poll, ...change }] })

describe('the judge file', () => {
  test('the least there can be', () => {
    expect(parseJudgeFile('{"polls":[{"t":0,"step":0,"canary":null,"stable":null}]}')).toEqual({
      config: {},
      calibration: null,
      polls: [{ t: 0, step: 0, canary: null, stable: null }],
    })
  })

  test('a history becomes a summary, a summary stays one', () => {
    const history = [
      [
        [100, 4],
        [100, 0],
        [0, 0],
      ],
      [[50, 1]],
    ]
    const { calibration } = parseJudgeFile(file({ calibration: { history } }))
    const v = (4 * 0.25 * 196) / 199
    expect(calibration).toEqual({ n: 250, b: 5, S1: 8, S2: 2 * v, S4: 2 * v * v, df: 1 })
    const summary = { n: 10, b: 1, S1: 1, S2: 1, df: 3 }
    expect(parseJudgeFile(file({ calibration: summary })).calibration).toEqual(summary)
  })

  test('impossible counts are data: the engine notes them', () => {
    const parsed = parseJudgeFile(withPoll({ canary: { total: 1, bad: 2 } }))
    expect(parsed.polls[1]?.canary).toEqual({ total: 1, bad: 2 })
  })

  test.each<[string, string, RegExp]>([
    ['not JSON', '{\n  "polls": [}', /not JSON: line 2, column 13: what stands there/],
    ['cut off', '{"polls": [', /not JSON: line 1, column 12: it ends too early/],
    ['broken far inside', `{"polls": [\n\n ${'1,'.repeat(500)}\n tru,]}`, /line 4, column 5:/],
    ['a comma too many', '{"polls": [],}', /line 1, column 14:/],
    ['nothing', '', /line 1, column 1: it ends too early/],
    ['a list', '[]', /^the file must be an object/],
    ['no polls', '{}', /^polls must be a list, not missing/],
    ['empty polls', '{"polls":[]}', /^polls must be at least one poll/],
    ['a foreign key', file({ pols: [] }), /^the file must be made of config, .* not "pols"/],
    ['a bad config', file({ config: { alpha: 2 } }), /^alpha is 2/],
    ['time as text', withPoll({ t: '15' }), /^polls\[1\]\.t must be a finite number, not "15"/],
    ['time going back', withPoll({ t: -1 }), /^polls\[1\]\.t must be at least 0/],
    ['half a step', withPoll({ step: 0.5 }), /^polls\[1\]\.step must be a whole number/],
    ['control as text', withPoll({ control: 'no' }), /^polls\[1\]\.control must be true or false/],
    ['counts as a list', withPoll({ canary: [1, 0] }), /^polls\[1\]\.canary must be an object/],
    ['a total missing', withPoll({ stable: { bad: 1 } }), /^polls\[1\]\.stable\.total must be a number/],
    ['a sum missing', file({ calibration: { n: 1, b: 0, S1: 0, S2: 0 } }), /^calibration\.df must be/],
    ['more bad than all', file({ calibration: { n: 1, b: 2, S1: 0, S2: 0, df: 0 } }), /^calibration\.b must/],
    [
      'a pod cut off',
      file({ calibration: { history: [[[1, 0], [1]]] } }),
      /^calibration\.history\[0\]\[1\] /,
    ],
  ])('says where: %s', (_name, text, message) => {
    let thrown: unknown
    try {
      parseJudgeFile(text)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({ code: 'invalid-input', message: expect.stringMatching(message) })
  })
})
