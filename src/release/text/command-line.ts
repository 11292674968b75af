/** TargetName is the target as commands name it. */
export interface TargetName {
  namespace: string
  service: string
}

/** commandLine gives a command that runs as pasted. */
export function commandLine(command: string, { namespace, service }: TargetName): string {
  return `shiftgate ${command} --namespace ${shellWord(namespace)} --service ${shellWord(service)}`
}

/** ScaleUp is a Deployment that should have so many replicas. */
export interface ScaleUp {
  namespace: string
  workload: string
  replicas: number
}

/** scaleCommand gives the kubectl command that scales a Deployment, to be run as pasted. */
export function scaleCommand({ namespace, workload, replicas }: ScaleUp): string {
  return `kubectl -n ${shellWord(namespace)} scale deployment ${shellWord(workload)} --replicas=${replicas}`
}

/** rolloutStatusCommand gives the kubectl command that waits until a Deployment's pods are ready, to be run as pasted. */
export function rolloutStatusCommand({ namespace, workload }: Omit<ScaleUp, 'replicas'>): string {
  return `kubectl -n ${shellWord(namespace)} rollout status deployment ${shellWord(workload)}`
}

/** shellWord quotes a word for a POSIX shell where it needs it. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
