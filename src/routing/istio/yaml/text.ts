import { stringify } from 'yaml'
import type { Json } from '../../../release/kubernetes.ts'
import { isObject } from '../../json-patch.ts'

/** Words that YAML 1.1 or 1.2 reads as something other than text. */
const special = /^(true|false|yes|no|on|off|null|y|n|~)$/i

/** scalarText writes a scalar so that every YAML reader takes it for what it is (`"1.10"` stays a text). */
export function scalarText(value: null | boolean | number | string): string {
  if (typeof value !== 'string') return String(value)
  return /^[A-Za-z][\w./-]*$/.test(value) && !special.test(value) ? value : JSON.stringify(value)
}

/** flowText writes a value on one line: `{host: reviews, subset: v1}`. */
export function flowText(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(flowText).join(', ')}]`
  if (!isObject(value)) return scalarText(value)
  return `{${Object.entries(value)
    .map(([key, child]) => `${scalarText(key)}: ${flowText(child)}`)
    .join(', ')}}`
}

/** blockLines writes a value over lines, without indentation of its own. */
export function blockLines(value: Json): string[] {
  if (typeof value !== 'object' || value === null) return [scalarText(value)]
  return stringify(value, { indent: 2, lineWidth: 0, version: '1.1', aliasDuplicateObjects: false })
    .trimEnd()
    .split('\n')
}
