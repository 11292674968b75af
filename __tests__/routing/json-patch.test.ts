import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { Json, JsonPatchOperation } from '../../src/release/kubernetes.ts'
import { pointer, sameJson, tokensOf, valueAt } from '../../src/routing/json-patch.ts'
import { applyPatch } from './istio.ts'

const document = { a: { 'b/c': 1, 'd~e': [1, 2, 3] }, '': 0 }

describe('JSON Patch', () => {
  it.each<[string, JsonPatchOperation[], Json]>([
    ['add a member', [{ op: 'add', path: '/x', value: null }], { ...document, x: null }],
    ['add over a member', [{ op: 'add', path: '/a', value: 1 }], { ...document, a: 1 }],
    [
      'add before an item',
      [{ op: 'add', path: '/a/d~0e/1', value: 9 }],
      { ...document, a: { 'b/c': 1, 'd~e': [1, 9, 2, 3] } },
    ],
    [
      'add at the end',
      [{ op: 'add', path: '/a/d~0e/-', value: 9 }],
      { ...document, a: { 'b/c': 1, 'd~e': [1, 2, 3, 9] } },
    ],
    [
      'replace an escaped member',
      [{ op: 'replace', path: '/a/b~1c', value: 'y' }],
      { ...document, a: { 'b/c': 'y', 'd~e': [1, 2, 3] } },
    ],
    [
      'remove an item',
      [{ op: 'remove', path: '/a/d~0e/0' }],
      { ...document, a: { 'b/c': 1, 'd~e': [2, 3] } },
    ],
    [
      'the empty member',
      [
        { op: 'test', path: '/', value: 0 },
        { op: 'remove', path: '/' },
      ],
      { a: document.a },
    ],
    [
      'test whatever the order of members',
      [{ op: 'test', path: '/a', value: { 'd~e': [1, 2, 3], 'b/c': 1 } }],
      document,
    ],
    ['replace the whole', [{ op: 'replace', path: '', value: 5 }], 5],
  ])('%s', (_, operations, expected) => {
    const copy = structuredClone(document)
    expect(applyPatch<Json>(document, operations)).toEqual(expected)
    expect(document).toEqual(copy)
  })

  it.each<[string, JsonPatchOperation]>([
    ['a test that differs', { op: 'test', path: '/a/b~1c', value: 2 }],
    ['a test of nothing', { op: 'test', path: '/nope', value: null }],
    ['a replace of nothing', { op: 'replace', path: '/nope', value: 1 }],
    ['a remove of nothing', { op: 'remove', path: '/a/d~0e/3' }],
    ['an add past the end', { op: 'add', path: '/a/d~0e/4', value: 1 }],
    ['an add under nothing', { op: 'add', path: '/x/y', value: 1 }],
    ['an index with a leading zero', { op: 'replace', path: '/a/d~0e/01', value: 1 }],
    ['a member of a list', { op: 'add', path: '/a/d~0e/x', value: 1 }],
    ['an inherited member', { op: 'test', path: '/toString', value: 1 }],
  ])('refuses %s', (_, operation) => {
    expect(() => applyPatch(document, [operation])).toThrow(
      expect.objectContaining({ code: 'conflict', details: { op: operation.op, path: operation.path } }),
    )
  })

  it('changes one place where a document shares a value between two', () => {
    const shared = { weight: 1 }
    const result = applyPatch({ one: shared, two: shared }, [
      { op: 'replace', path: '/one/weight', value: 2 },
    ])
    expect(result).toEqual({ one: { weight: 2 }, two: { weight: 1 } })
  })

  it('escapes any token and finds it again; adding and removing leaves no trace', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.string(),
        fc.jsonValue(),
        (map, key, value) => {
          expect(tokensOf(pointer(key, key))).toEqual([key, key])
          const start = map as { [name: string]: Json }
          const added = applyPatch(start, [{ op: 'add', path: pointer(key), value: value as Json }])
          expect(sameJson(valueAt(added, pointer(key)), value)).toBe(true)
          if (Object.hasOwn(start, key)) return
          expect(sameJson(applyPatch(added, [{ op: 'remove', path: pointer(key) }]), start)).toBe(true)
        },
      ),
      { numRuns: 200 },
    )
  })
})
