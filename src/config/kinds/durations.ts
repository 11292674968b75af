import { formatDuration, parseDuration } from '../../release/text/duration.ts'
import type { OptionCodec } from './codec.ts'
import { orWord } from './codec.ts'

/** duration reads `15s` or `1h30m` as ms, between its option's bounds. */
export const duration: OptionCodec<number> = {
  fromText(text, option) {
    const value = parseDuration(text)
    if (value === null) {
      const bare = /^\d+(\.\d+)?$/.test(text)
      return {
        wrong: bare
          ? `has no unit: write ${text}s or ${text}m`
          : 'is not a duration: write e.g. 15s, 3m or 1h30m',
      }
    }
    const least = parseDuration(option.least ?? '0') ?? 0
    const greatest = parseDuration(option.greatest ?? '') ?? Number.POSITIVE_INFINITY
    if (value < least) return { wrong: `is too short: at least ${formatDuration(least)}` }
    if (value > greatest) return { wrong: `is too long: at most ${option.greatest}` }
    return { value }
  },
  schema: () => ({
    anyOf: [{ type: 'string', pattern: '^(0|(\\d+(\\.\\d+)?(ms|s|m|h|d))+)$' }, { const: 0 }],
  }),
}

export const durationOrAuto = orWord(duration, 'auto', 'auto' as const)
export const durationOrOff = orWord(duration, 'off', null)
