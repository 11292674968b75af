import type { Option } from '../options/option.ts'
import type { OptionCodec, ParseResult } from './codec.ts'
import { orWord } from './codec.ts'

/** readRate reads a share of requests, `1%` or `0.01`, as 0–1, between the option's bounds where it has any. */
export function readRate(
  text: string,
  option: Pick<Option, 'least' | 'greatest' | 'example'>,
): ParseResult<number> {
  const percent = /^(\d+(?:\.\d+)?|\.\d+)\s*%$/.exec(text)
  const bare = /^(\d+(?:\.\d+)?|\.\d+)(?:e-\d+)?$/i.test(text)
  if (!percent && !bare) {
    return {
      wrong: `is not a rate: write it as a percentage, e.g. ${option.example}, or as a fraction below 1, e.g. 0.01`,
    }
  }
  const number = Number(percent ? percent[1] : text)
  if (!percent && number >= 1) return { wrong: `is ambiguous: write ${number}% or ${number / 100}` }
  const value = percent ? Number((number / 100).toPrecision(15)) : number
  const least = boundOf(option.least, 0)
  const greatest = boundOf(option.greatest, 1)
  if (value < least || value > greatest || (value === 0 && !option.least)) {
    return { wrong: `is out of range: above ${option.least ?? '0'} and at most ${option.greatest ?? '100%'}` }
  }
  return { value }
}

function boundOf(text: string | undefined, otherwise: number): number {
  return text === undefined ? otherwise : Number((Number(text.replace('%', '')) / 100).toPrecision(15))
}

export const rate: OptionCodec<number> = {
  fromText: readRate,
  schema: () => ({
    anyOf: [
      { type: 'string', pattern: '^(\\d+(\\.\\d+)?|\\.\\d+)\\s*%$|^0?\\.\\d+$' },
      { type: 'number', minimum: 0, exclusiveMaximum: 1 },
    ],
  }),
}

export const rateOrAuto = orWord(rate, 'auto', 'auto' as const)
export const rateOrOff = orWord(rate, 'off', null)
