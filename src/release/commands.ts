/** CommandTraits is what other rooms must know of a command to treat all commands alike. */
export interface CommandTraits {
  /** One line for help. */
  summary: string
  /** Whether it takes a `version` to release, and with it the options that choose stable and the routes. */
  version: 'required' | 'optional' | 'unused'
  /**
   * Whether it reads metrics: `required` ones refuse to run without `prometheus-url`, `watched` ones judge nothing and
   * only look whether users follow a change of routes.
   */
  metrics: 'required' | 'optional' | 'watched' | 'unused'
  /** It takes a release through its steps. */
  drives: boolean
  /** It may change routes. */
  writes: boolean
  /** Its outcome is shown in the pull request, the job summary and the report folder. */
  reports: boolean
}

/** commandTraits names every command that works on a cluster, in the order of help. */
export const commandTraits = {
  rollout: {
    summary: 'Release a version: shift, watch and judge step by step, promote it or put traffic back.',
    version: 'required',
    metrics: 'required',
    drives: true,
    writes: true,
    reports: true,
  },
  rollback: {
    summary: 'Return to the previous version, in one run and without analysis.',
    version: 'unused',
    metrics: 'watched',
    drives: false,
    writes: true,
    reports: true,
  },
  promote: {
    summary: 'Give a release in flight all of the traffic.',
    version: 'unused',
    metrics: 'watched',
    drives: false,
    writes: true,
    reports: true,
  },
  pause: {
    summary: 'Hold a release in flight at its weight.',
    version: 'unused',
    metrics: 'unused',
    drives: false,
    writes: true,
    reports: true,
  },
  resume: {
    summary: 'Let a paused release go on.',
    version: 'optional',
    metrics: 'required',
    drives: true,
    writes: true,
    reports: true,
  },
  abort: {
    summary: 'End a release in flight and put traffic back.',
    version: 'unused',
    metrics: 'watched',
    drives: false,
    writes: true,
    reports: true,
  },
  status: {
    summary: 'Say what is in flight, at which weight, and why.',
    version: 'unused',
    metrics: 'unused',
    drives: false,
    writes: false,
    reports: false,
  },
  reconcile: {
    summary: 'Finish or roll back a release whose run vanished.',
    version: 'unused',
    metrics: 'optional',
    drives: true,
    writes: true,
    reports: true,
  },
  preflight: {
    summary: 'Check everything that a release needs; write nothing.',
    version: 'required',
    metrics: 'optional',
    drives: false,
    writes: false,
    reports: false,
  },
  plan: {
    summary: 'Show what would be written, and what each step can prove; write nothing.',
    version: 'required',
    metrics: 'optional',
    drives: false,
    writes: false,
    reports: false,
  },
  pin: {
    summary: 'Put everything on stable before the new Deployment is applied.',
    version: 'optional',
    metrics: 'watched',
    drives: false,
    writes: true,
    reports: false,
  },
} as const satisfies Readonly<Record<string, CommandTraits>>

export type CommandName = keyof typeof commandTraits

/** commandNames are the commands that the action and the command line share, in the order of help. */
export const commandNames = Object.keys(commandTraits) as CommandName[]

/** commandsWhere lists the commands whose traits fit. */
export function commandsWhere(fits: (traits: CommandTraits) => boolean): CommandName[] {
  return commandNames.filter((name) => fits(commandTraits[name]))
}
