import { expect, test } from '@jest/globals'
import { applyPatch } from '../../src/routing/json-patch.ts'
import { deploymentView } from '../../src/workloads/deployment.ts'
import { type ImageChange, imageChanges, imagePatch } from '../../src/workloads/image-change.ts'
import { deployment } from './cluster.ts'

const stable = deployment({ pod: { initContainers: [{ name: 'migrate', image: 'ghcr.io/octo/my-api:v1' }] } })
const changes = imageChanges(deploymentView(stable), 'ghcr.io/octo/my-api:v2') as ImageChange[]

test('an image is changed by tests of what was read, then its replacement, container by container', () => {
  expect(imagePatch(changes).map(({ op, path }) => `${op} ${path}`)).toEqual([
    'test /spec/template/spec/containers/0/name',
    'test /spec/template/spec/containers/0/image',
    'replace /spec/template/spec/containers/0/image',
    'test /spec/template/spec/initContainers/0/name',
    'test /spec/template/spec/initContainers/0/image',
    'replace /spec/template/spec/initContainers/0/image',
  ])
})

test('a container that somebody else changed meanwhile is not written over', () => {
  const other = deployment({ containers: [{ name: 'my-api', image: 'ghcr.io/octo/my-api:hotfix' }] })
  expect(() => applyPatch(other, imagePatch(changes))).toThrow(/image/)
})
