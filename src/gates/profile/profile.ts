import { comparisonGate } from '../gate-type.ts'
import { answerOfPart, answerParts } from './answer-parts.ts'

/** profile compares what both versions answer, code by code. Every release has it unless it is switched off. */
export const profile = comparisonGate({
  type: 'profile',
  summary: 'Which answers (status codes) both versions give, compared one by one.',
  name: 'profile',
  fields: {},
  question: () => 'answers other than failures, code by code, compared with stable',
  // Versions differ a little in what they answer to the same requests: half a point is nobody's concern.
  engine: () => ({ abortRatio: 1.25, minExcess: 0.005 }),
  asksMetrics: () => false,
  ask: async () => [],
  prepare: async () => ({}),
  parts: (_, { points }) => answerParts(points),
  warning: 'profile',
  badEvents: (_, part) => `were answered ${answerOfPart(part)}`,
})
