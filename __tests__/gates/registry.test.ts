import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse } from 'yaml'
import { gatesSchema } from '../../src/config/kinds/gates.ts'
import { askGate, noBaseline, prepareGates } from '../../src/gates/evidence.ts'
import type { GateHistory, GateSource } from '../../src/gates/gate-source.ts'
import { countedGate, type GateType } from '../../src/gates/gate-type.ts'
import { gateTypes } from '../../src/gates/registry.ts'
import { asksTheSame, badEvents, gateQuestion } from '../../src/gates/selection.ts'
import type { CountSeries } from '../../src/release/evidence/counts.ts'
import type { GateSpec } from '../../src/release/gates.ts'
import { assess } from '../../src/rollout/evidence/assessment.ts'
import { planStepMargins } from '../../src/rollout/evidence/step-plan.ts'
import { least, resolve } from '../config/raw-request.ts'
import { entry, release, settings } from '../rollout/release-state.ts'

/** A type that the program doesn't have: events by one counter of its own, with a label for bad ones. */
const invented = countedGate({
  type: 'invented',
  summary: 'Events of one counter, bad by a label.',
  fields: {
    counter: { kind: 'template', names: 'canary', required: true, asks: true, what: 'the counter' },
    patience: { kind: 'integer', least: 1, greatest: 9, default: 2, what: 'how long it waits' },
  },
  question: ({ counter, patience }) => `${counter}, ${patience} times`,
  badEvents: ({ name }) => `were odd to ${name}`,
  engine: () => ({ margins: [0.03] }),
  fixedMargin: () => null,
  routes: () => [],
  asksMetrics: () => true,
  async ask({ name, counter }, { source }) {
    return [{ gate: name, route: null, kind: 'counts', series: await source.events(counter, counter) }]
  },
  async prepare({ counter }, history) {
    return { calibration: (await history.events(counter, counter)).calibration ?? undefined } as object
  },
})

const yaml = `gates: [{name: odd, type: invented, counter: 'x{ {{canary}} }'}]`
const odd: GateSpec = {
  name: 'odd',
  type: 'invented',
  mode: 'enforce',
  counter: 'x{ {{canary}} }',
  patience: 2,
}

describe('a type of gate is one folder and one line of the registry', () => {
  beforeAll(() => {
    ;(gateTypes as GateType[]).push(invented)
  })

  test('the config file reads it by its fields', () => {
    expect(resolve(least, { yaml }).request.settings.gates).toEqual([odd])
    expect(() => resolve(least, { yaml: yaml.replace('counter', 'countr') })).toThrow(
      'unknown key "countr" of a gate of type invented. Did you mean "counter"?',
    )
  })

  test('the published schema describes it', () => {
    const validate = new Ajv2020({ strict: false }).compile(gatesSchema())
    expect(validate(parse(yaml).gates)).toBe(true)
    expect(validate([{ ...parse(yaml).gates[0], patience: 10 }])).toBe(false)
  })

  test('it is surveyed before a release, planned for and asked at each poll', async () => {
    const calibration = { n: 1000, b: 10, S1: 0, S2: 0, S4: 0, df: 0 }
    const history = { events: async () => ({ calibration, annotations: [] }) } as unknown as GateHistory
    const { baseline } = await prepareGates([odd], history)
    expect(baseline.calibrations).toEqual({ odd: calibration })
    const plan = planStepMargins(release({ gates: baseline }), { ...settings, gates: [odd] }, 10, 10)
    expect(plan.gates).toMatchObject([{ gate: 'odd', margin: 0.03 }])
    const series: CountSeries = { points: [], notes: [] }
    const source = { events: async () => series } as unknown as GateSource
    const asking = { source, baseline, t: 0, shifted: true, before: [] }
    expect(await askGate(odd, asking, new AbortController().signal)).toEqual([
      { gate: 'odd', route: null, kind: 'counts', series },
    ])
  })

  test('it is judged, named where it withholds a pass, and replayed where its question is the same', () => {
    const state = release({ phase: 'observing', step: 0, weight: 10, stepStates: [entry()] })
    const points = [0, 1, 2, 3, 4].map((index) => ({
      t: index * 15,
      canary: { total: index * 100, bad: index * 100 },
      stable: { total: index * 900, bad: 0 },
      unreached: 0,
      abandoned: 0,
    }))
    const sound = points.map((point) => ({ ...point, canary: { ...point.canary, bad: 0 } }))
    const { gates, verdict } = assess(
      state,
      { ...settings, gates: [odd] },
      { points: sound, notes: [] },
      state.startedAt + 60_000,
      {
        answers: [{ gate: 'odd', route: null, kind: 'counts', series: { points, notes: [] } }],
        infrastructure: [],
      },
    )
    expect(gates.map(({ gate, kind, bad }) => [gate, kind, bad])).toContainEqual([
      'odd',
      'invented',
      'were odd to odd',
    ])
    expect(verdict).toMatchObject({ verdict: 'fail', gate: 'odd' })
    expect(asksTheSame({ ...odd, patience: 3 }, odd)).toBe(true)
    expect(asksTheSame({ ...odd, counter: 'y' }, odd)).toBe(false)
    expect(gateQuestion(odd, noBaseline)).toBe('x{ {{canary}} }, 2 times')
    expect(badEvents(odd, noBaseline)).toBe('were odd to odd')
  })
})

describe('docs/gates.md', () => {
  const document = readFileSync(new URL('../../docs/gates.md', import.meta.url), 'utf8')

  test.each(gateTypes.map((type) => [type.type, type] as const))('has a section of %s', (name, type) => {
    const section = document.split(`\n## ${name}\n`)[1]?.split('\n## ')[0] ?? ''
    expect(section).toContain(`type: ${name}`)
    for (const key of Object.keys(type.fields)) expect(section).toContain(`| \`${key}\` |`)
  })
})

describe('words of the types', () => {
  const query = { name: 'q', type: 'query', mode: 'enforce', query: 'x', agree: 3 } as const

  test.each([
    [{ ...query, min: null, max: 5, unit: 'ms' }, 'at most 5 ms, 3 polls in a row'],
    [{ ...query, min: 1, max: 5, unit: '' }, 'from 1 to 5, 3 polls in a row'],
    [{ ...query, min: 1, max: null, unit: 'jobs' }, 'at least 1 jobs, 3 polls in a row'],
    [
      { name: 's', type: 'latency', mode: 'enforce', over: 300 } as const,
      'requests over 250 ms, compared with stable',
    ],
  ])('%j asks: %s', (gate, words) => {
    expect(gateQuestion(gate, { ...noBaseline, bounds: { s: 250 } })).toBe(words)
  })
})
