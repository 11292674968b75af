import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AnnotationLocation, Runner } from '../../src/action/runner.ts'

/** Told is all that a step told the runner, in order. */
export interface StepLog {
  outputs: Record<string, string>
  state: Record<string, string>
  masked: string[]
  lines: string[]
  annotations: { level: 'error' | 'warning' | 'notice'; text: string; place: AnnotationLocation }[]
  summaries: string[]
}

/** Step is a runner that remembers what it is told. */
export interface Step {
  runner: Runner
  seen: StepLog
  surroundings: { env: Record<string, string>; process: { hostname: string; pid: number; nonce: string } }
}

export const least: Record<string, string> = {
  namespace: 'shop',
  service: 'my-api',
  version: 'v2',
  'prometheus-url': 'http://prometheus.test:9090',
}

export function stepWith(inputs: Record<string, string>, state: Record<string, string> = {}): Step {
  const seen: StepLog = {
    outputs: {},
    state: { ...state },
    masked: [],
    lines: [],
    annotations: [],
    summaries: [],
  }
  const annotate =
    (level: 'error' | 'warning' | 'notice') =>
    (text: string, place: AnnotationLocation): void => {
      seen.annotations.push({ level, text, place })
    }
  const runner: Runner = {
    input: (name) => inputs[name] ?? '',
    output: (name, value) => {
      seen.outputs[name] = value
    },
    saveState: (name, value) => {
      seen.state[name] = value
    },
    state: (name) => seen.state[name] ?? '',
    mask: (secret) => seen.masked.push(secret),
    line: (text) => seen.lines.push(text),
    group: (title, lines) => seen.lines.push(title, ...lines),
    error: annotate('error'),
    warning: annotate('warning'),
    notice: annotate('notice'),
    summary: async (markdown) => {
      seen.summaries.push(markdown)
    },
  }
  const workspace = mkdtempSync(join(tmpdir(), 'shiftgate-action-'))
  const env = {
    GITHUB_WORKSPACE: workspace,
    GITHUB_REPOSITORY: 'octo/shop',
    GITHUB_RUN_ID: '7',
    GITHUB_SHA: 'a'.repeat(40),
  }
  return { runner, seen, surroundings: { env, process: { hostname: 'runner', pid: 42, nonce: 'cafe' } } }
}
