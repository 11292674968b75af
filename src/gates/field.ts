/** FieldKinds maps each kind of a gate's field to what it is read as. Durations in ms. */
interface FieldKinds {
  duration: number
  /** A PromQL template; see `release/query-template.ts`. */
  template: string
  number: number
  integer: number
  text: string
  /** An http(s) address without credentials. */
  address: string
  'status-codes': number[]
  /** Name of a metric label. */
  'label-name': string
}

interface Common {
  /** An entry without it is refused; a field that is neither required nor has a default is null then. */
  required?: true
  /** It makes the question: evidence that was recorded under another value answers nothing about this one. */
  asks?: true
  /** What it is, for the documents. */
  what: string
}

/** MapField is a field with fields of its own. */
interface MapField extends Common {
  kind: 'map'
  fields: FieldTable
}

/** PlainField is a field with one value. */
export type PlainField = Common &
  (
    | { kind: 'duration'; default?: number }
    /** `names`: side that the template must speak of. */
    | { kind: 'template'; names?: 'canary' }
    | { kind: 'number' }
    | { kind: 'integer'; least: number; greatest: number; default?: number }
    | { kind: 'text'; longest: number; default?: string }
    | { kind: 'address' }
    | { kind: 'status-codes'; default?: readonly number[] }
    | { kind: 'label-name' }
  )

/** Field is one key of a gate in the config file, as data: its reader, schema and documents come from it. */
export type Field = PlainField | MapField
export type FieldKind = keyof FieldKinds
/** FieldTable lists the keys of a gate beside `name`, `type` and `mode`. */
export type FieldTable = { readonly [key: string]: Field }

/** FieldValue is what a plain field of a kind is read as. */
export type FieldValue<Kind extends FieldKind> = FieldKinds[Kind]

type ValueOf<One extends Field> = One extends MapField
  ? ValuesOf<One['fields']>
  : One extends { kind: infer Kind extends FieldKind }
    ? FieldKinds[Kind]
    : never

type Absent<One extends Field> = One extends { required: true } | { default: unknown } ? never : null

/** ValuesOf is what an entry with these fields is read as. */
export type ValuesOf<Fields extends FieldTable> = {
  -readonly [Key in keyof Fields]: ValueOf<Fields[Key]> | Absent<Fields[Key]>
}
