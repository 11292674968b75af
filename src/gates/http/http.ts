import { limitGate } from '../gate-type.ts'

/** http asks an address whether it answers as it should. */
export const http = limitGate({
  type: 'http',
  summary: 'An address that must answer with the right status.',
  fields: {
    url: { kind: 'address', required: true, asks: true, what: 'the address, asked with `GET`' },
    status: {
      kind: 'status-codes',
      default: [200],
      what: 'the status that is right, or a list of them',
    },
    timeout: { kind: 'duration', default: 5_000, what: 'no answer within this time is a wrong one' },
    agree: {
      kind: 'integer',
      least: 1,
      greatest: 100,
      default: 3,
      what: 'polls in a row that must say the same',
    },
  },
  question: ({ url, status, agree }) => `${url} answers ${status.join(' or ')}, ${agree} polls in a row`,
  agree: ({ agree }) => agree,
  isRight: ({ status }, value) => status.includes(value),
  readingText: (_, { text }) => text,
  asksMetrics: () => false,
  /** What an address answered can't be asked again: each poll adds its own to what came before. */
  async ask({ name, url, timeout }, { source, t, shifted, before }) {
    if (!shifted) return []
    const { status, text } = await source.probe(url, timeout)
    const reading = { t, outcome: 'value' as const, value: status ?? 0, text }
    return [{ gate: name, route: null, kind: 'readings', readings: [...before, reading] }]
  },
  prepare: async () => ({}),
})
