import { clusterOptions, prometheusOptions } from './access.ts'
import { interferenceOptions } from './interference.ts'
import type { Option } from './option.ts'
import { forgeOptions, reportOptions } from './report.ts'
import { rolloutOptions } from './rollout.ts'
import { targetOptions } from './target.ts'
import { verdictOptions } from './verdict.ts'
import { workloadOptions } from './workload.ts'

/** table is every option with its literal types, in the order in which documents show them. */
const table = [
  ...targetOptions,
  ...workloadOptions,
  ...rolloutOptions,
  ...interferenceOptions,
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

/** findOption finds an option; null for an unknown name. */
export function findOption(name: string): Option | null {
  return options.find((option) => option.name === name) ?? null
}
