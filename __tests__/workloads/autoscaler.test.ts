import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { JsonObject, JsonPatchOperation, KubeObject } from '../../src/release/kubernetes.ts'
import { applyJsonPatch } from '../../src/sandbox/api/patch/json-patch.ts'
import {
  borrowedMinimum,
  canaryAutoscaler,
  leastPatch,
  raisePatch,
  returnPatch,
} from '../../src/workloads/canary/autoscaler.ts'

const scaler = (spec: JsonObject = {}, annotations?: Record<string, string>): KubeObject => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'hpa', namespace: 'shop', uid: 'u-1', ...(annotations ? { annotations } : {}) },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'my-api' },
    maxReplicas: 9,
    ...spec,
  },
})

const apply = (object: KubeObject, patch: JsonPatchOperation[] | null) =>
  patch === null ? object : (applyJsonPatch(object as never, patch as never) as unknown as KubeObject)

describe('the minimum of stable’s autoscaler', () => {
  test('is raised once and given back as it was, whatever it was: by a release, or by one after it that found it raised', () => {
    fc.assert(
      fc.property(
        fc.option(fc.integer({ min: 1, max: 9 }), { nil: null }),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        fc.boolean(),
        (minimum, replicas, annotated, abandoned) => {
          const before = scaler(
            minimum === null ? {} : { minReplicas: minimum },
            annotated ? { a: 'b' } : undefined,
          )
          let now = before
          if (abandoned) {
            const dead = borrowedMinimum(now, replicas)
            now = apply(now, raisePatch(now, dead, 'my-api-v2-1'))
          }
          const borrowed = borrowedMinimum(now, replicas)
          const raised = apply(now, raisePatch(now, borrowed, 'my-api-v3-2'))
          expect(raised.spec?.minReplicas).toBeGreaterThanOrEqual(replicas)
          expect(raisePatch(raised, borrowed, 'my-api-v3-2')).toBeNull()
          expect(returnPatch(raised, borrowed, 'my-api-v2-1')).toBeNull()
          const back = apply(raised, returnPatch(raised, borrowed, 'my-api-v3-2'))
          expect(back.spec).toEqual(before.spec)
          expect(back.metadata.annotations ?? {}).toEqual(before.metadata.annotations ?? {})
          expect(returnPatch(back, borrowed, 'my-api-v3-2')).toBeNull()
        },
      ),
    )
  })

  test('that somebody changed meanwhile stays as it is', () => {
    const borrowed = borrowedMinimum(scaler({ minReplicas: 1 }), 3)
    const raised = apply(scaler({ minReplicas: 1 }), raisePatch(scaler({ minReplicas: 1 }), borrowed, 'r'))
    const changed = { ...raised, spec: { ...raised.spec, minReplicas: 5 } }
    const back = apply(changed, returnPatch(changed, borrowed, 'r'))
    expect(back.spec?.minReplicas).toBe(5)
    expect(back.metadata.annotations).toEqual({})
  })
})

describe('the canary’s autoscaler', () => {
  const canary: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'my-api-canary',
      namespace: 'shop',
      labels: { app: 'my-api', 'shiftgate.io/release': 'r', 'shiftgate.io/service': 'my-api' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'my-api', uid: 'u' }],
    },
  }

  test('is stable’s over another Deployment, with the release’s marks, and room for the pods that the share needs', () => {
    const behavior = { scaleDown: { stabilizationWindowSeconds: 60 } }
    expect(canaryAutoscaler(scaler({ minReplicas: 1, maxReplicas: 2, behavior }), canary, 4)).toEqual({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: {
        name: 'my-api-canary',
        namespace: 'shop',
        labels: { 'shiftgate.io/release': 'r', 'shiftgate.io/service': 'my-api' },
        ownerReferences: canary.metadata.ownerReferences,
      },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'my-api-canary' },
        minReplicas: 4,
        maxReplicas: 4,
        behavior,
      },
    })
  })

  test('gets a higher minimum, never a lower one', () => {
    expect(leastPatch(scaler({ minReplicas: 4 }), 3)).toBeNull()
    expect(
      apply(
        scaler({ minReplicas: 2, maxReplicas: 3 }),
        leastPatch(scaler({ minReplicas: 2, maxReplicas: 3 }), 5),
      ).spec,
    ).toMatchObject({
      minReplicas: 5,
      maxReplicas: 5,
    })
  })
})
