import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Failure, sentenceOf } from '../../release/failure.ts'

/** KubeconfigEntry is one named entry of a kubeconfig list. */
export interface KubeconfigEntry {
  name: string
  /** `users[ci]` */
  at: string
  value: Record<string, unknown>
  /** The kubeconfig it stands in, as messages name it. */
  label: string
  /** Folder that relative paths start from. */
  base: string
}

/** EntryFields reads the fields of one entry, and names the field in every mistake. */
export interface EntryFields {
  name: string
  label: string
  base: string
  raw(key: string): unknown
  /** text gives a non-empty text, or null where there is none; Failure `invalid-input` for another type. */
  text(key: string): string | null
  required(key: string): string
  flag(key: string): boolean
  /** bytes decodes `<key>-data`, else reads the file that `key` names. */
  bytes(key: string): Buffer | null
  /** source names the field that `bytes` reads, for messages; null where there is none. */
  source(key: string): string | null
  file(key: string): string | null
  field(key: string): string
  mistake(key: string, what: string, cause?: unknown): Failure
  /** withValues gives the same entry with other fields. */
  withValues(values: Record<string, unknown>): EntryFields
}

/** createEntryFields makes the reader of one entry: its fields stand under the key `kind`. */
export function createEntryFields(entry: KubeconfigEntry, kind: string): EntryFields {
  const fields = createFields(entry, kind)
  const { text, field, mistake, values } = fields
  return {
    name: entry.name,
    label: entry.label,
    base: entry.base,
    field,
    mistake,
    withValues: (other) => createEntryFields({ ...entry, value: { name: entry.name, [kind]: other } }, kind),
    text,
    file: (key) => fileOf(fields, entry.base, key),
    raw: (key) => values[key] ?? null,
    required: (key) => {
      const value = text(key)
      if (value === null) throw mistake(key, 'is missing')
      return value
    },
    flag: (key) => {
      const value = values[key] ?? false
      if (typeof value !== 'boolean') throw mistake(key, 'must be true or false')
      return value
    },
    bytes: (key) => decode(fields, `${key}-data`) ?? read(fields, entry.base, key),
    source: (key) => [`${key}-data`, key].filter((each) => text(each) !== null).map(field)[0] ?? null,
  }
}

/** Fields are an entry's fields as they stand there. */
interface Fields extends Pick<EntryFields, 'text' | 'field' | 'mistake'> {
  values: Readonly<Record<string, unknown>>
}

function createFields(entry: KubeconfigEntry, kind: string): Fields {
  const field = (key: string) => `${entry.at}.${kind}${key ? `.${key}` : ''}`
  const mistake = (key: string, what: string, cause?: unknown) => {
    const details = { field: field(key) }
    return new Failure('invalid-input', `${entry.label}: ${field(key)} ${what}`, { cause, details })
  }
  const inner = entry.value[kind] ?? {}
  if (typeof inner !== 'object' || Array.isArray(inner)) throw mistake('', 'must be a mapping')
  const values = inner as Record<string, unknown>
  const text = (key: string): string | null => {
    const value = values[key] ?? null
    if (value === null || value === '') return null
    if (typeof value !== 'string') throw mistake(key, 'must be a text (put it in quotes)')
    return value
  }
  return { values, field, mistake, text }
}

function fileOf({ text }: Fields, base: string, key: string): string | null {
  const name = text(key)
  return name === null ? null : resolve(base, name)
}

function read(fields: Fields, base: string, key: string): Buffer | null {
  const path = fileOf(fields, base, key)
  if (path === null) return null
  try {
    return readFileSync(path)
  } catch (error) {
    throw fields.mistake(key, `names a file that can't be read: ${sentenceOf(error)}`, error)
  }
}

function decode({ text, mistake }: Fields, key: string): Buffer | null {
  const compact = text(key)?.replace(/\s+/g, '')
  if (compact === undefined) return null
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) throw mistake(key, 'is not base64')
  return Buffer.from(compact, 'base64')
}
