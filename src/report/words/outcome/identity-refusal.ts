import type { IdentityRefusal } from '../../../release/outcome/identity-refusal.ts'
import { shellWord } from '../../../release/text/command-line.ts'

type RefusalOf<Code extends IdentityRefusal['code']> = Extract<IdentityRefusal, { code: Code }>

/** identityRefusalMessage says why no release of these versions can begin or go on, and what to do about it. */
export function identityRefusalMessage(refusal: IdentityRefusal): string {
  switch (refusal.code) {
    case 'other-version': {
      const { id, version, weight, holder } = refusal
      return `Release ${id} of version ${version} is in flight at ${weight}% (held by ${holder}). Wait for it, or end it and start this one.`
    }
    case 'other-image': {
      const { id, version, began, runs } = refusal
      return `Release ${id} began with image ${began}, but version ${version} now runs ${runs}. What was measured no longer speaks for what runs: end it, then release again.`
    }
    case 'not-deployed':
      return notDeployed(refusal)
    case 'several-deployments':
      return `Version ${refusal.version} is run by several Deployments (${refusal.deployments.join(', ')}). One Deployment per version is needed.`
    case 'no-own-service':
      return `Routes tell versions apart by Services of their own, and none selects the pods of ${refusal.version} alone. Create one, with "version: ${refusal.version}" in its selector, or say "split: subset".`
    case 'stable-replaced':
      return stableReplaced(refusal)
    case 'divided-routes': {
      const shares = refusal.serving.map(
        ({ version, destination, share }) =>
          `${version ?? destination ?? 'no version'} ${Math.round(share * 100)}%`,
      )
      return `Which version is stable can't be told: the routes divide traffic between ${shares.join(', ')}. Put all of it on one version, or say which with stable-version.`
    }
    case 'several-versions':
      return `Which version is stable can't be told: ${refusal.versions.join(', ')} all run and no route names one. Say which with stable-version.`
    case 'unlabelled-pods':
      return unlabelledPods(refusal)
  }
}

function notDeployed({ version, seen }: RefusalOf<'not-deployed'>): string {
  const others =
    seen.length === 0
      ? 'The Service selects no Deployment.'
      : `It selects: ${seen.map((each) => each ?? '(no version label)').join(', ')}.`
  return `No Deployment behind the Service has pods labelled version=${version}. ${others} Deploy it first; its pod template needs the label.`
}

/** The commonest way to lose stable's Deployment is to deploy the new version into it. */
function stableReplaced({ stable, canary, workload, shared }: RefusalOf<'stable-replaced'>): string {
  const what = shared
    ? `Versions ${stable} and ${canary} are one Deployment (${workload}): it is replacing the one by the other right now.`
    : `${stable} serves by the routes, but no Deployment behind the Service has its pods: was ${canary} deployed into the same Deployment (${workload})?`
  return `${what} A canary needs a Deployment of its own beside stable's: name one per version (${workload}-${canary}), and bring ${stable} back.`
}

function unlabelledPods({ namespace, workload }: RefusalOf<'unlabelled-pods'>): string {
  const patch = `kubectl -n ${shellWord(namespace)} patch deployment ${shellWord(workload)} --type merge -p '{"spec":{"template":{"metadata":{"labels":{"version":"v1"}}}}}'`
  return `Deployment ${namespace}/${workload} serves, but its pods have no "version" label, so no route can name them. Give them one first (this restarts its pods): ${patch} (choose the version's real name; the selector stays as it is).`
}
