import type { Document, Node } from 'yaml'
import type { Option } from '../options/option.ts'

/**
 * ParseResult is a value, or what is wrong with a text: a clause that says what to write instead. `hide`: the text
 * holds a secret where none was expected.
 */
export type ParseResult<Value> = { value: Value } | { wrong: string; hide?: true }

/** YamlValue is a value of the config file, and the options that it gives beside its own. */
export interface YamlValue<Value> {
  value: Value
  also?: readonly { name: string; value: unknown; offset: number }[]
}

/** OptionCodec reads options of one kind, and describes them as JSON Schema. */
export interface OptionCodec<Value> {
  /** fromText reads what an input, a flag, a variable or a scalar of the config file says: trimmed, not empty. */
  fromText(text: string, option: Option): ParseResult<Value>
  /** fromYaml reads a list or a map of the config file. It throws ValueError at the first mistake. */
  fromYaml?(node: Node, document: Document): YamlValue<Value>
  /** schema describes what the config file may say. */
  schema(option: Option): object
}

/** matching is a codec of texts that a pattern lets through. */
export function matching(pattern: RegExp, wrong: string, schema: object): OptionCodec<string> {
  return {
    fromText: (text) => (pattern.test(text) ? { value: text } : { wrong }),
    schema: () => schema,
  }
}

/** orWord lets one word stand for a value of its own, beside those of another codec. */
export function orWord<Value, Word>(
  codec: OptionCodec<Value>,
  word: string,
  value: Word,
): OptionCodec<Value | Word> {
  return {
    fromText(text, option) {
      if (text === word) return { value }
      const result = codec.fromText(text, option)
      return 'wrong' in result ? { ...result, wrong: `${result.wrong}, or "${word}"` } : result
    },
    schema: (option) => ({ anyOf: [{ const: word }, ...alternatives(codec.schema(option))] }),
  }
}

function alternatives(schema: object): object[] {
  return 'anyOf' in schema ? (schema.anyOf as object[]) : [schema]
}
