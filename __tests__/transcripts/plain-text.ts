import { hostname } from 'node:os'
import type { Bench } from '../support/program.ts'

/** plainText takes out of a transcript what differs between two machines or runs: ports, folders, processes. */
export function plainText({ sandbox, dir }: Bench, text: string): string {
  const hostOf = (url: string): string => new URL(url).host
  const names: [string, string][] = [
    [hostOf(sandbox.apiUrl), 'kubernetes'],
    [hostOf(sandbox.prometheusUrl), 'prometheus'],
    [hostOf(sandbox.githubUrl), 'github'],
    [hostOf(sandbox.clockUrl), 'clock'],
    [dir, '<folder>'],
    [`${hostname()}/`, '<host>/'],
  ]
  const named = names.reduce((all, [from, to]) => all.replaceAll(from, to), text)
  return named
    .replace(/\b\d+-[0-9a-f]{8}\b(\.[0-9a-f]{8})?(@[\w.-]+)?/g, '<process>')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
}
