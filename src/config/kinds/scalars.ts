import type { CanarySize } from '../../release/request.ts'
import type { OptionCodec, ParseResult } from './codec.ts'
import { matching } from './codec.ts'

/** anyText takes any text as it is. */
export const anyText: OptionCodec<string> = {
  fromText: (given) => ({ value: given }),
  schema: () => ({ type: ['string', 'number', 'boolean'] }),
}

export const dnsLabel = matching(
  /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
  'is not a Kubernetes name: at most 63 lower-case letters, digits and "-", with a letter or digit at both ends',
  { type: ['string', 'number'], pattern: '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$' },
)

export const dnsName = matching(
  /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/,
  'is not a DNS name in lower case',
  { type: 'string', maxLength: 253 },
)

export const labelValue = matching(
  /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
  'is not a label value: at most 63 letters, digits, "-", "_" and ".", with a letter or digit at both ends',
  { type: ['string', 'number'], pattern: '^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$' },
)

export const commitSha = matching(
  /^([0-9a-f]{40}|[0-9a-f]{64})$/,
  'is not a commit: write its full SHA, 40 or 64 hexadecimal digits',
  { type: 'string' },
)

export const image = matching(
  /^(?=.{1,512}$)[a-z0-9]([-a-z0-9._]*[a-z0-9])?(:\d{1,5})?(\/[a-z0-9]([-a-z0-9._]*[a-z0-9])?)*(:[A-Za-z0-9_][-A-Za-z0-9_.]{0,127})?(@sha256:[0-9a-f]{64})?$/,
  'is no image: write registry/name:tag or registry/name@sha256:digest',
  { type: 'string', maxLength: 512 },
)

const mostPairs = 20
const writeImages = 'write one image, or container=image pairs with commas between'

/** images is the codec of what a release puts into containers: one image, or a list of `container=image` pairs. */
export const images: OptionCodec<string> = {
  fromText(text, option) {
    const parts = text.split(/[,\n]/).flatMap((part) => (part.trim() === '' ? [] : [part.trim()]))
    if (parts.length === 0 || parts.length > mostPairs) return { wrong: `names no image: ${writeImages}` }
    for (const part of parts) {
      const pair = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?=(.*)$/.exec(part)
      if (parts.length > 1 && pair === null) return { wrong: `names several images: ${writeImages}` }
      const result = image.fromText(pair?.[2] ?? part, option)
      if ('wrong' in result) return result
    }
    return { value: parts.join(',') }
  },
  schema: () => ({ type: 'string', minLength: 1 }),
}

/** replicas is the codec of a canary's size. */
export const replicas: OptionCodec<CanarySize> = {
  fromText(text) {
    if (text === 'proportional' || text === 'match') return { value: text }
    return /^[1-9]\d{0,3}$/.test(text)
      ? { value: Number(text) }
      : { wrong: 'is neither "proportional" nor "match" nor a whole number from 1 to 9999' }
  },
  schema: () => ({
    anyOf: [{ enum: ['proportional', 'match'] }, { type: 'integer', minimum: 1, maximum: 9999 }],
  }),
}

export const path: OptionCodec<string> = {
  fromText: (given) => (given.includes('\0') ? { wrong: 'is not a path' } : { value: given }),
  schema: () => ({ type: 'string', minLength: 1 }),
}

export const boolean: OptionCodec<boolean> = {
  fromText(given) {
    if (/^(true|True|TRUE)$/.test(given)) return { value: true }
    if (/^(false|False|FALSE)$/.test(given)) return { value: false }
    return { wrong: 'is neither true nor false' }
  },
  schema: () => ({ type: 'boolean' }),
}

/** enumeration takes one of the words that its option allows. */
export const enumeration: OptionCodec<string> = {
  fromText(given, { allowed = [] }) {
    return allowed.includes(given) ? { value: given } : { wrong: `is not one of: ${allowed.join(', ')}` }
  },
  schema: ({ allowed }) => ({ enum: allowed }),
}

/** integer takes a whole number between its option's bounds. */
export const integer: OptionCodec<number> = {
  fromText(given, option) {
    const least = Number(option.least ?? '0')
    const greatest = Number(option.greatest ?? Number.MAX_SAFE_INTEGER)
    const value = /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN
    if (value >= least && value <= greatest) return { value }
    return { wrong: `is not a whole number from ${least} to ${greatest}` }
  },
  schema: ({ least, greatest }) => ({
    type: 'integer',
    minimum: Number(least ?? 0),
    ...(greatest ? { maximum: Number(greatest) } : {}),
  }),
}

/** percent takes a percentage above 0, at most 100. */
export const percent = {
  fromText(given: string): ParseResult<number> {
    const found = /^(\d{1,3}(?:\.\d{1,4})?)\s*%?$/.exec(given)
    const value = found ? Number(found[1]) : 0
    return value > 0 && value <= 100 ? { value } : { wrong: 'is not a percentage above 0, at most 100' }
  },
  schema: () => ({ type: 'number', exclusiveMinimum: 0, maximum: 100 }),
} satisfies OptionCodec<number>

export const repository: OptionCodec<{ owner: string; name: string }> = {
  fromText(given) {
    const found = /^([A-Za-z0-9](?:[-A-Za-z0-9]{0,38}))\/([A-Za-z0-9._-]{1,100})$/.exec(given)
    if (!found || /^\.{1,2}$/.test(found[2] as string)) {
      return { wrong: 'is not a repository: write owner/name' }
    }
    return { value: { owner: found[1] as string, name: found[2] as string } }
  },
  schema: () => ({ type: 'string' }),
}
