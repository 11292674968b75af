import { countedGate } from '../gate-type.ts'

/** ratio counts events by two counters of the user's, as templates written for the canary. */
export const ratio = countedGate({
  type: 'ratio',
  summary: 'Bad events among all, by two counters of your own, canary against stable.',
  fields: {
    bad: { kind: 'template', names: 'canary', required: true, asks: true, what: 'counter of bad events' },
    total: { kind: 'template', names: 'canary', required: true, asks: true, what: 'counter of all events' },
  },
  question: () => 'bad events of its own counters, compared with stable',
  badEvents: ({ name }) => `counted as bad by ${name}`,
  engine: () => ({}),
  fixedMargin: () => null,
  routes: () => [],
  asksMetrics: () => true,
  async ask({ name, bad, total }, { source }) {
    return [{ gate: name, route: null, kind: 'counts', series: await source.events(bad, total) }]
  },
  async prepare({ bad, total }, history) {
    const { calibration, annotations } = await history.events(bad, total)
    const silent = calibration === null ? ['its counters showed no events of stable before the release'] : []
    const texts = [...silent, ...annotations]
    return {
      ...(calibration === null ? {} : { calibration }),
      ...(texts.length === 0 ? {} : { note: { wrong: false, text: texts.join('. ') } }),
    }
  },
})
