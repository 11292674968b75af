import { same } from '../../cluster/values.ts'
import { badRequest, unprocessable } from '../answers.ts'

interface Operation {
  op: string
  path: string
  from?: string
  value?: unknown
}

/** readJsonPatch checks that a body is a list of RFC 6902 operations; throws a 400 where it isn't. */
export function readJsonPatch(body: unknown): Operation[] {
  if (!Array.isArray(body)) {
    const what = body === null ? 'null' : typeof body
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${what} into Go value of type jsonpatch.Patch`,
    )
  }
  return body.map((item: unknown) => {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) {
      throw badRequest(
        'error decoding patch: json: cannot unmarshal into Go value of type jsonpatch.Operation',
      )
    }
    return item as Operation
  })
}

/**
 * applyJsonPatch gives the document after the operations (RFC 6902); the given one stays as it is.
 * Throws the API's bare 422 where one doesn't apply: a failed test, a missing path, an unknown operation.
 */
export function applyJsonPatch(document: unknown, operations: Operation[]): unknown {
  let current = structuredClone(document)
  for (const operation of operations) current = applied(current, operation)
  return current
}

function applied(document: unknown, operation: Operation): unknown {
  const path = pointer(operation.path)
  switch (operation.op) {
    case 'add':
      return add(document, path, operand(operation))
    case 'replace':
      read(document, path)
      return replace(document, path, operand(operation))
    case 'remove':
      return remove(document, path)
    case 'test':
      if (!same(readOrNull(document, path), operand(operation))) throw unprocessable()
      return document
    case 'copy':
      return add(document, path, structuredClone(read(document, pointer(operation.from))))
    case 'move': {
      const from = pointer(operation.from)
      const value = read(document, from)
      return add(remove(document, from), path, value)
    }
    default:
      throw unprocessable()
  }
}

function operand(operation: Operation): unknown {
  return structuredClone(operation.value ?? null)
}

function pointer(text: unknown): string[] {
  if (text === '') return []
  if (typeof text !== 'string' || !text.startsWith('/')) throw unprocessable()
  return text
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function child(parent: unknown, token: string): unknown {
  if (Array.isArray(parent)) {
    const index = indexOf(token, parent.length - 1)
    return parent[index]
  }
  if (typeof parent === 'object' && parent !== null && Object.hasOwn(parent, token)) {
    return (parent as Record<string, unknown>)[token]
  }
  throw unprocessable()
}

function indexOf(token: string, last: number): number {
  if (!/^(0|[1-9]\d*)$/.test(token) || Number(token) > last) throw unprocessable()
  return Number(token)
}

function read(document: unknown, path: string[]): unknown {
  return path.reduce(child, document)
}

/** A test of `null` holds where the last key is absent, as the API server's library has it. */
function readOrNull(document: unknown, path: string[]): unknown {
  const last = path.at(-1)
  if (last === undefined) return document
  const parent = read(document, path.slice(0, -1))
  if (typeof parent === 'object' && parent !== null && !Array.isArray(parent)) {
    return (parent as Record<string, unknown>)[last] ?? null
  }
  return child(parent, last)
}

function add(document: unknown, path: string[], value: unknown): unknown {
  const last = path.at(-1)
  if (last === undefined) return value
  const parent = read(document, path.slice(0, -1))
  if (Array.isArray(parent)) {
    parent.splice(last === '-' ? parent.length : indexOf(last, parent.length), 0, value)
  } else if (typeof parent === 'object' && parent !== null) {
    ;(parent as Record<string, unknown>)[last] = value
  } else throw unprocessable()
  return document
}

function replace(document: unknown, path: string[], value: unknown): unknown {
  const last = path.at(-1)
  if (last === undefined) return value
  const parent = read(document, path.slice(0, -1)) as Record<string, unknown>
  parent[last] = value
  return document
}

function remove(document: unknown, path: string[]): unknown {
  const last = path.at(-1)
  if (last === undefined) return null
  const parent = read(document, path.slice(0, -1))
  child(parent, last)
  if (Array.isArray(parent)) parent.splice(indexOf(last, parent.length - 1), 1)
  else delete (parent as Record<string, unknown>)[last]
  return document
}
