import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import type { KubeObject } from '../../src/release/kubernetes.ts'
import { findOwners, ownerProblem } from '../../src/routing/istio/checks/owners.ts'

function virtualService(metadata: Record<string, unknown>): KubeObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'reviews', namespace: 'prod', ...metadata },
    spec: { http: [], tcp: [] },
  } as KubeObject
}

describe('owners of a routing object', () => {
  it.each([
    ['nobody', {}, []],
    [
      'Argo CD by tracking id',
      {
        annotations: {
          'argocd.argoproj.io/tracking-id': 'shop:networking.istio.io/VirtualService:prod/reviews',
        },
      },
      [['argo-cd', 'shop', 'ignore-rule']],
    ],
    [
      'Argo CD by label',
      { labels: { 'argocd.argoproj.io/instance': 'shop' } },
      [['argo-cd', 'shop', 'ignore-rule']],
    ],
    [
      'Argo CD by manager, named by the common label',
      { labels: { 'app.kubernetes.io/instance': 'shop' }, managedFields: [{ manager: 'argocd-controller' }] },
      [['argo-cd', 'shop', 'ignore-rule']],
    ],
    ['the common label alone', { labels: { 'app.kubernetes.io/instance': 'shop' } }, []],
    [
      'Flux Kustomization',
      {
        labels: {
          'kustomize.toolkit.fluxcd.io/name': 'apps',
          'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
        },
      },
      [['flux-kustomization', 'apps', 'ignore-rule']],
    ],
    [
      'Flux Kustomization that lets go',
      {
        labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps' },
        annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' },
      },
      [],
    ],
    [
      'Flux HelmRelease, not Helm as well',
      {
        labels: { 'helm.toolkit.fluxcd.io/name': 'shop', 'app.kubernetes.io/managed-by': 'Helm' },
        annotations: { 'meta.helm.sh/release-name': 'shop' },
      },
      [['flux-helm-release', 'shop', 'ignore-rule']],
    ],
    [
      'Helm',
      {
        labels: { 'app.kubernetes.io/managed-by': 'Helm' },
        annotations: { 'meta.helm.sh/release-name': 'shop' },
      },
      [['helm', 'shop', 'next-deploy']],
    ],
    [
      'Flagger by owner reference',
      {
        ownerReferences: [
          { apiVersion: 'flagger.app/v1beta1', kind: 'Canary', name: 'reviews', controller: true },
        ],
      },
      [['flagger', 'reviews', 'refuse']],
    ],
    ['Flagger by manager', { managedFields: [{ manager: 'flagger' }] }, [['flagger', null, 'refuse']]],
    [
      'Argo Rollouts by annotation',
      { annotations: { 'argo-rollouts.argoproj.io/managed-by-rollouts': 'reviews' } },
      [['argo-rollouts', null, 'refuse']],
    ],
    [
      'some other controller',
      {
        ownerReferences: [{ apiVersion: 'apps.example.com/v1', kind: 'App', name: 'shop', controller: true }],
      },
      [['controller', 'App shop', 'refuse']],
    ],
    [
      'kubectl apply',
      { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' } },
      [['kubectl', null, 'next-deploy']],
    ],
  ])('%s', (_, metadata, expected) => {
    const object = virtualService(metadata)
    const found = findOwners(object)
    expect(found.map(({ kind, name, effect }) => [kind, name, effect])).toEqual(expected)
    for (const owner of found) expect(ownerProblem(object, owner).remedy).not.toBeNull()
  })

  it('gives Argo CD’s ignore rule ready to paste', () => {
    const [owner] = findOwners(virtualService({ labels: { 'argocd.argoproj.io/instance': 'shop' } }))
    expect(parse(owner?.rule ?? '')).toEqual({
      spec: {
        ignoreDifferences: [
          {
            group: 'networking.istio.io',
            kind: 'VirtualService',
            namespace: 'prod',
            name: 'reviews',
            jsonPointers: ['/spec/http', '/spec/tcp'],
          },
        ],
        syncPolicy: { syncOptions: ['RespectIgnoreDifferences=true'] },
      },
    })
  })
})
