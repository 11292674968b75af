import type { CommandName } from '../../release/commands.ts'

/** OptionKind says how an option is read; `kinds/codecs.ts` holds one codec for each. */
export type OptionKind =
  | 'text'
  | 'token'
  | 'dns-label'
  | 'dns-name'
  | 'label-value'
  | 'percent-list'
  | 'duration'
  | 'duration-or-auto'
  | 'duration-or-off'
  | 'boolean'
  | 'enum'
  | 'integer'
  | 'rate'
  | 'rate-or-off'
  | 'rate-or-auto'
  | 'path'
  | 'url'
  | 'headers'
  | 'repository'
  | 'sha'
  | 'gates'
  | 'routes'
  | 'preview'
  | 'sticky'
  | 'percent'
  | 'image'
  | 'images'
  | 'replicas'
  | 'argv'
  | 'matchers'

/** Place is where an option may be given: an input of the action, a flag, a key of the config file. */
type Place = 'input' | 'flag' | 'file'

/** OptionGroup orders options in help and documents. */
type OptionGroup = 'Target' | 'Rollout' | 'Verdict' | 'Cluster' | 'Prometheus' | 'GitHub' | 'Report'

/**
 * Option is one thing that a user may say, as data: action.yml, the README's tables, flags, `--help`, the config
 * file's keys and its JSON Schema, and the reading of values all come from it.
 */
export interface Option {
  /** kebab-case; the same in every place. */
  name: string
  kind: OptionKind
  group: OptionGroup
  /** One line, for `--help`. */
  summary: string
  /** More paragraphs in Markdown, after the summary; empty where the summary says it all. */
  details: string
  /** How a value looks, for help and messages. */
  example: string
  /** Text that stands where nobody gave one; null: none. */
  default: string | null
  /** What the absence of a value means, where there is no default text to show. */
  absent?: string
  /** Expression that action.yml gives as the input's default, where the runner knows better. */
  actionDefault?: string
  /** Part of the release's settings that it is a field of, by its name in camelCase; absent: none. */
  setting?: 'release' | 'verdict'
  /** Values of an `enum`. */
  allowed?: readonly string[]
  /** Least and greatest value, in the option's own spelling. */
  least?: string
  greatest?: string
  /** Commands that use it. */
  commands: readonly CommandName[]
  /** Commands that can't do without it. */
  requiredBy?: readonly CommandName[]
  /** Option that stands in for it where it is required. */
  orElse?: string
  places: readonly Place[]
  /** Environment variables that the command line falls back to, first one set wins. */
  env?: readonly string[]
  /** Its value is never shown. */
  secret?: boolean
}
