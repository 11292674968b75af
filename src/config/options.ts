import type { Option } from './option.ts'
import { clusterOptions, prometheusOptions } from './table/access.ts'
import { forgeOptions, reportOptions } from './table/report.ts'
import { targetOptions } from './table/target.ts'
import { verdictOptions } from './table/verdict.ts'
import { wayOptions } from './table/way.ts'

/** table is every option with its literal types, in the order in which documents show them. */
export const table = [
  ...targetOptions,
  ...wayOptions,
  ...verdictOptions,
  ...clusterOptions,
  ...prometheusOptions,
  ...forgeOptions,
  ...reportOptions,
] as const

export type TableEntry = (typeof table)[number]
export type OptionName = TableEntry['name']

/** options is the same table for readers that treat every option alike. */
export const options: readonly Option[] = table

/** optionNamed finds an option; null for an unknown name. */
export function optionNamed(name: string): Option | null {
  return options.find((option) => option.name === name) ?? null
}
