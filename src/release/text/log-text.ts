// All that .NET's TrimStart takes from the start of a line, which the runner does before it looks for `::`. \s has
// everything of it but U+0085 (and U+FEFF beyond it).
const beforeCommand = /((?:^|[\r\n])[\s\u0085]*)(?=::)/g
/** The older form is obeyed anywhere in a line: `##[group]`; other CIs know `##vso[…]` and `##teamcity[…]`. */
const olderForm = /##(?=\w*\[)/g

/**
 * logText makes text harmless that a CI's runner reads line by line: a backslash, which everybody sees, stands before
 * each `::` at a line's start and inside each `##[`, so that neither is obeyed as a command. Nothing else changes;
 * escapes and line feeds of outside text are `oneLine`'s and `manyLines`'s.
 */
export function logText(text: string): string {
  return text.replace(beforeCommand, '$1\\').replace(olderForm, '##\\')
}

/** logJson does the same for JSON, which stays JSON of the same values: no line of it begins with `::`. */
export function logJson(json: string): string {
  return json.replace(/##(\w*)\[/g, '##$1\\u005b')
}
