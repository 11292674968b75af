import { limitGate } from '../gate-type.ts'

/** query holds one number of a query against limits. */
export const query = limitGate({
  type: 'query',
  summary: 'One number of any PromQL query, held against limits.',
  fields: {
    query: { kind: 'template', required: true, asks: true, what: 'PromQL that gives one number' },
    min: { kind: 'number', what: 'the least that is right' },
    max: { kind: 'number', what: 'the most that is right; one of both is needed' },
    unit: { kind: 'text', longest: 20, default: '', what: 'unit of the number, for people' },
    agree: {
      kind: 'integer',
      least: 1,
      greatest: 100,
      default: 3,
      what: 'polls in a row that must say the same',
    },
  },
  schema: {
    anyOf: [
      { required: ['min'], properties: { min: {} } },
      { required: ['max'], properties: { max: {} } },
    ],
  },
  mistake({ min, max }) {
    if (min === null && max === null) {
      return { key: null, wrong: 'a query needs a limit: give min, max or both' }
    }
    return min !== null && max !== null && min > max ? { key: 'max', wrong: 'is below min' } : null
  },
  question: (spec) => `${rangeText(spec)}, ${spec.agree} polls in a row`,
  agree: ({ agree }) => agree,
  isRight: ({ min, max }, value) => (min === null || value >= min) && (max === null || value <= max),
  readingText(spec, { outcome, value, text }) {
    if (outcome !== 'value' || value === null) return text
    const unit = spec.unit === '' ? '' : ` ${spec.unit}`
    return `${Number(value.toPrecision(6))}${unit}, allowed is ${rangeText(spec)}`
  },
  asksMetrics: () => true,
  async ask({ name, query: template }, { source }) {
    return [{ gate: name, route: null, kind: 'readings', readings: await source.readings(template) }]
  },
  async prepare({ query: template }, history) {
    const { outcome, text } = await history.reading(template)
    // A canary without requests has nothing to show yet: only an answer of the wrong kind, or what the store remarks
    // on a number, is worth a word.
    return outcome === 'no-data' || text === '' ? {} : { note: { wrong: false, text } }
  },
})

/** rangeText says what is allowed, e.g. `from 1 to 5 ms`. */
function rangeText(limits: { min: number | null; max: number | null; unit: string }): string {
  const { min, max } = limits
  const unit = limits.unit === '' ? '' : ` ${limits.unit}`
  if (min !== null && max !== null) return `from ${min} to ${max}${unit}`
  return min !== null ? `at least ${min}${unit}` : `at most ${max}${unit}`
}
