import { Failure } from '../release/failure.ts'

/** parseJsonLocated reads JSON. Throws Failure `invalid-input` with the line and column of the mistake. */
export function parseJsonLocated(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const offset = mistakeIn(text)
    const before = text.slice(0, offset)
    const line = before.split('\n').length
    const column = offset - before.lastIndexOf('\n')
    const what = offset === text.length ? 'it ends too early' : "what stands there can't be read"
    throw new Failure('invalid-input', `The file is not JSON: line ${line}, column ${column}: ${what}.`, {
      cause,
    })
  }
}

/**
 * mistakeIn is the offset of the first character after which `text` can't become JSON, whatever follows; its
 * length where it is only cut off. The runtime's errors don't always say it, hence a search over heads of
 * the text: one without the mistake is at worst incomplete.
 */
function mistakeIn(text: string): number {
  let good = 0
  let bad = text.length + 1
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (canGoOn(text.slice(0, middle))) good = middle
    else bad = middle
  }
  return bad - 1
}

function canGoOn(head: string): boolean {
  try {
    JSON.parse(head)
    return true
  } catch (error) {
    const { message } = error as SyntaxError
    const at = /at position (\d+)/.exec(message)
    return at === null ? message.includes('end of JSON input') : Number(at[1]) >= head.length
  }
}
