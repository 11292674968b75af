import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { applyJsonPatch, readJsonPatch } from '../../src/sandbox/api/patch/json-patch.ts'
import { mergePatch } from '../../src/sandbox/api/patch/merge-patch.ts'

const failed = 'refused'

describe('JSON Patch, by the examples of RFC 6902', () => {
  test.each<[string, unknown, unknown[], unknown]>([
    ['add a member', { foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux' }], { foo: 'bar', baz: 'qux' }],
    [
      'add an element',
      { foo: ['a', 'c'] },
      [{ op: 'add', path: '/foo/1', value: 'b' }],
      { foo: ['a', 'b', 'c'] },
    ],
    ['add at the end', { foo: ['a'] }, [{ op: 'add', path: '/foo/-', value: ['b'] }], { foo: ['a', ['b']] }],
    ['add over a member', { foo: 1 }, [{ op: 'add', path: '/foo', value: 2 }], { foo: 2 }],
    ['add below nothing', { foo: 1 }, [{ op: 'add', path: '/baz/bat', value: 1 }], failed],
    ['add past the end', { foo: [1] }, [{ op: 'add', path: '/foo/2', value: 2 }], failed],
    ['remove a member', { baz: 1, foo: 2 }, [{ op: 'remove', path: '/baz' }], { foo: 2 }],
    ['remove an element', { foo: [1, 2, 3] }, [{ op: 'remove', path: '/foo/1' }], { foo: [1, 3] }],
    ['remove nothing', { foo: 1 }, [{ op: 'remove', path: '/bar' }], failed],
    ['replace', { a: { b: 1 } }, [{ op: 'replace', path: '/a/b', value: [2] }], { a: { b: [2] } }],
    ['replace nothing', { a: 1 }, [{ op: 'replace', path: '/b', value: 2 }], failed],
    ['replace all', { a: 1 }, [{ op: 'replace', path: '', value: { b: 2 } }], { b: 2 }],
    ['move', { a: { b: 1 }, c: {} }, [{ op: 'move', from: '/a/b', path: '/c/d' }], { a: {}, c: { d: 1 } }],
    ['move an element', { a: [1, 2, 3] }, [{ op: 'move', from: '/a/0', path: '/a/2' }], { a: [2, 3, 1] }],
    ['copy', { a: { b: 1 } }, [{ op: 'copy', from: '/a', path: '/c' }], { a: { b: 1 }, c: { b: 1 } }],
    [
      'test that holds',
      { a: [1, { b: 2 }] },
      [{ op: 'test', path: '/a', value: [1, { b: 2 }] }],
      { a: [1, { b: 2 }] },
    ],
    ['test of another type', { a: '10' }, [{ op: 'test', path: '/a', value: 10 }], failed],
    ['escapes', { '/': 1, '~1': 2 }, [{ op: 'test', path: '/~01', value: 2 }], { '/': 1, '~1': 2 }],
    [
      'all or nothing',
      { a: 1 },
      [
        { op: 'replace', path: '/a', value: 2 },
        { op: 'test', path: '/a', value: 1 },
      ],
      failed,
    ],
    ['an index with a leading zero', { a: [1, 2] }, [{ op: 'remove', path: '/a/01' }], failed],
    ['a path without a slash', { a: 1 }, [{ op: 'remove', path: 'a' }], failed],
    ['an unknown operation', { a: 1 }, [{ op: 'increase', path: '/a' }], failed],
  ])('%s', (_what, document, patch, expected) => {
    const before = structuredClone(document)
    const apply = () => applyJsonPatch(document, readJsonPatch(patch))
    if (expected === failed) expect(apply).toThrow('the server rejected our request')
    else expect(apply()).toEqual(expected)
    expect(document).toEqual(before)
  })
})

describe('merge patch', () => {
  test.each<[unknown, unknown, unknown]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j with %j', (document, patch, expected) => {
    expect(mergePatch(document, patch)).toEqual(expected)
  })

  test('law: a patch applied twice is applied once', () => {
    const json = fc.jsonValue({ maxDepth: 4 })
    fc.assert(
      fc.property(json, json, (document, patch) => {
        const once = mergePatch(document, patch)
        expect(mergePatch(once, patch)).toEqual(once)
      }),
    )
  })
})
