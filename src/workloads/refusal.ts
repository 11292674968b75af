/** Refusal is why a release can't make a canary of what runs there, and what to do about it. */
export interface Refusal {
  code: RefusalCode
  text: string
  remedy: string
}

/** Words of a refusal: of the object that stands in the way, and of what it is about there. */
type Words = (object: string, detail: string) => [text: string, remedy: string]

const ownCanary = 'Deploy the canary yourself, and release it with version instead of image.'

const words = {
  'invalid-image': (_, detail) => [
    `${detail} is not an image reference.`,
    'Write registry/path:tag, registry/path@sha256:…, or container=image pairs.',
  ],
  'no-workload': (object) => [
    `No Deployment has the pods of ${object}: there is nothing to make a canary of.`,
    'Deploy the first version yourself; the next one can be released by its image.',
  ],
  'stateful-set': (object) => [
    `${object} has pods behind the Service: its pods have names and volumes of their own, and a second set beside it would be another system.`,
    ownCanary,
  ],
  'daemon-set': (object) => [
    `${object} has pods behind the Service, one on each node: a share of the traffic can't be given to a second one.`,
    ownCanary,
  ],
  'bare-replica-set': (object) => [
    `${object} has pods behind the Service and belongs to no Deployment.`,
    'Put it under a Deployment first.',
  ],
  'argo-rollout': (object) => [
    `${object} has pods behind the Service: Argo Rollouts replaces its pods by rules of its own.`,
    'Let Argo Rollouts do the release, or turn the Rollout back into a Deployment.',
  ],
  'flagger-target': (object, detail) => [
    `${object} is the target of ${detail}: Flagger would take every change of it for a release of its own.`,
    'Let Flagger do the release, or delete its Canary first.',
  ],
  'several-workloads': (object, detail) => [
    `${object} selects the pods of several Deployments (${detail}), and no one label tells them apart.`,
    'Give each of them a "version" label in its selector and template, or let the Service select one of them.',
  ],
  tracks: (object, detail) => [
    `${object} selects two standing Deployments (${detail}), and which of them is the canary can't be told: neither name, nor a label of its selector that the other's pods have with another value, ends in "canary".`,
    "Give the canary's Deployment such a name or label, or set its image in a step before and release it with version instead of image.",
  ],
  'no-track': (object, detail) => [
    `${object} selects one Deployment (${detail}): there is no second one for the canary.`,
    'Leave workload away: a canary beside it is made then.',
  ],
  'unclear-stable': (object, detail) => [
    `${object} has several versions (${detail}), and which of them serves can't be told.`,
    'Say which with stable-version.',
  ],
  'match-expressions': (object) => [
    `The selector of ${object} has matchExpressions: whether a second Deployment's pods would be among its pods can't be decided by a label.`,
    `Write its selector with matchLabels alone (a new Deployment is needed for that), or: ${ownCanary}`,
  ],
  'version-serves': (object, detail) => [
    `${object} runs version ${detail} already, of another image.`,
    'Name another version, or release an image with another tag.',
  ],
  'overlapping-selector': (object, detail) => [
    `The selector of ${object} (${detail}) has no "version": a Deployment per version would select the pods of the others too.`,
    'Make a Deployment whose selector has the version, or deploy the canary yourself.',
  ],
  'version-label-mismatch': (object, detail) => [
    `The selector of ${object} says version=${detail}, which its pods don't have.`,
    'Give its pod template the same version label.',
  ],
  'unclear-container': (object, detail) => [
    `${object} has several containers (${detail}), and which of them the image is for can't be told.`,
    'Write container=image.',
  ],
  'unknown-container': (object, detail) => [`${object} has no container ${detail}.`, 'Name one that it has.'],
  'host-port': (object, detail) => [
    `${object} binds a port of its node (${detail}): a second pod on that node would never start.`,
    ownCanary,
  ],
  'read-write-once': (object, detail) => [
    `${object} mounts the claim ${detail}, which only one node (or pod) can mount at a time: canary pods would hang or take it away.`,
    'Use a volume that many nodes can mount, or none.',
  ],
  'unknown-claim': (object, detail) => [
    `${object} mounts the claim ${detail}, and whether two pods on two nodes can mount it can't be read.`,
    'Allow "list" on persistentvolumeclaims.',
  ],
  autoscaled: (object, detail) => [
    `${object} is scaled by ${detail}, which a release can't borrow: the canary would get none of it, and stable would shrink while its traffic goes.`,
    `${ownCanary} Give it an autoscaler of its own.`,
  ],
  'minimum-in-git': (object, detail) => [
    `The minimum of ${object} belongs to Git (${detail}): raised for the release, it would be taken back while traffic moves, and stable would shrink.`,
    'Let the tool ignore /spec/minReplicas (Argo CD: ignoreDifferences with RespectIgnoreDifferences=true; Flux: leave the field out of the manifest), and remove it from the manifest in Git.',
  ],
  quota: (object, detail) => [
    `${object} has no room for the release, which at its peak takes ${detail}.`,
    'Raise the quota, or free what others use of it: all of the canary is there before it gets everything.',
  ],
  'treated-apart': (object, detail) => [
    `${object} is about ${detail}: the canary would be another pod to the mesh or the network than stable is.`,
    `Let it select a label that both carry; in place, copy-policies: true copies one that is about stable's own pods; or: ${ownCanary}`,
  ],
  paused: (object) => [
    `${object} is paused: its pods may not be what its template says.`,
    'Resume it (kubectl rollout resume), then release.',
  ],
  'no-replicas': (object) => [
    `${object} is scaled to 0: there is nothing to compare a canary with.`,
    'Scale it up, then release.',
  ],
  'rolling-out': (object) => [
    `${object} is in the middle of a rollout of its own: what would be compared is not yet what runs.`,
    'Wait for it (kubectl rollout status), then release.',
  ],
  'owned-by-git': (object, detail) => [
    `The image of ${object} belongs to Git (${detail}): a change in place would be taken back while the release runs.`,
    'Use workload: per-version, which leaves it as it is, or change the image in Git.',
  ],
  'name-taken': (object, detail) => [
    `There is ${object} already, and it is not this release's (${detail}).`,
    'Remove or rename it, or release an image with another tag.',
  ],
  unreadable: (object, detail) => [
    `Whether something of kind ${object} stands in the way can't be read: ${detail}.`,
    `Allow "list" on it.`,
  ],
} as const satisfies Record<string, Words>

export type RefusalCode = keyof typeof words

/** refuse makes a refusal about an object, as people write it (`Deployment shop/my-api`). */
export function refuse(code: RefusalCode, object: string, detail = ''): Refusal {
  const [text, remedy] = (words[code] as Words)(object, detail)
  return { code, text, remedy }
}
