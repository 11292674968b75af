/** TargetName is the target as commands name it. */
export interface TargetName {
  namespace: string
  service: string
}

/** commandLine gives a command that runs as pasted. */
export function commandLine(command: string, { namespace, service }: TargetName): string {
  return `shiftgate ${command} --namespace ${shellWord(namespace)} --service ${shellWord(service)}`
}

/** shellWord quotes a word for a POSIX shell where it needs it. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
