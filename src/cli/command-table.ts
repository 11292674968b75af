import { type CommandName, commandNames, commandTraits } from '../release/commands.ts'

/** LocalFlag is a flag of a command that reaches no cluster. */
interface LocalFlag {
  name: string
  /** What stands for its value in help; null: a switch without one. */
  value: string | null
  summary: string
  /** It may be given several times. */
  repeats?: true
  /** One letter that stands for it. */
  short?: string
}

/** Command is one word of the command line, as data. */
export interface Command {
  name: string
  summary: string
  /** Names of what follows the flags, for help; empty: nothing may. */
  operands: string
  /** Flags of its own; null: it takes the options of the table. */
  flags: readonly LocalFlag[] | null
  /** A command whose options of the table it takes beside its own flags. */
  like?: CommandName
}

const scenarioFlags: readonly LocalFlag[] = [
  { name: 'scenario', value: 'NAME', summary: 'What happens in there (default: good).' },
  {
    name: 'metrics',
    value: 'NAME',
    summary: 'What is wrong with the numbers of its Prometheus, e.g. ha-pair (default: nothing).',
  },
  { name: 'seed', value: 'NUMBER', summary: 'Seed of all chance: the same seed, the same release.' },
  { name: 'speed', value: 'FACTOR', summary: 'How much faster than real time its clock may run.' },
]

/** commands are all that the command line knows, in the order of its help. */
export const commands: readonly Command[] = [
  ...commandNames.map((name) => ({ name, summary: commandTraits[name].summary, operands: '', flags: null })),
  {
    name: 'judge',
    summary: 'Run the verdict engine over recorded counts, offline.',
    operands: 'FILE',
    flags: [{ name: 'explain', value: null, summary: 'Say in words, after every poll, why.' }],
  },
  {
    name: 'replay',
    summary: 'Judge a recorded release again, by its own gates or by others, and say what would differ.',
    operands: 'FILE',
    flags: [],
    like: 'rollout',
  },
  {
    name: 'render',
    summary:
      'Edit routing objects in YAML or JSON files as a release would in a cluster; every other byte stays.',
    operands: '[FILE …]',
    flags: [
      {
        name: 'file',
        value: 'FILE',
        summary: 'A file to edit (also -f), - for standard input; may be repeated.',
        repeats: true,
        short: 'f',
      },
      { name: 'namespace', value: 'TEXT', summary: 'Namespace of the service. Required.' },
      { name: 'service', value: 'TEXT', summary: 'Service whose traffic is divided. Required.' },
      { name: 'stable', value: 'VERSION', summary: 'Version that serves: its `version` label. Required.' },
      { name: 'canary', value: 'VERSION', summary: 'Version that is tried. Required.' },
      { name: 'weight', value: 'PERCENT', summary: 'Share of the canary, 0 to 100. Required.' },
      { name: 'stable-host', value: 'NAME', summary: "Stable's own Service, where versions have one each." },
      { name: 'canary-host', value: 'NAME', summary: "The canary's own Service." },
      { name: 'routes', value: 'RULES', summary: 'Rules that are meant, e.g. name=primary (default: all).' },
      {
        name: 'cluster-domain',
        value: 'TEXT',
        summary: 'DNS domain of the cluster (default: cluster.local).',
      },
      { name: 'write', value: null, summary: 'Write into the files instead of standard output.' },
      {
        name: 'create',
        value: null,
        summary: 'Make objects that no file holds; without it they are refused.',
      },
    ],
  },
  {
    name: 'simulate',
    summary: 'Release an invented canary many times in memory: what would happen, how often, how fast.',
    operands: '',
    flags: [
      { name: 'rate', value: 'NUMBER', summary: 'Requests a second to the service (default: 10).' },
      { name: 'stable-errors', value: 'RATE', summary: 'Share of bad answers of stable (default: 0.1%).' },
      {
        name: 'canary-errors',
        value: 'RATE',
        summary: 'Share of bad answers of the canary (default: as stable).',
      },
      {
        name: 'stable-latency',
        value: 'MS',
        summary: 'Half of the answers of stable take longer, in milliseconds (default: 20).',
      },
      {
        name: 'canary-latency',
        value: 'MS',
        summary: 'The same of the canary (default: as stable).',
      },
      {
        name: 'canary-not-found',
        value: 'RATE',
        summary: "Share of the canary's good answers that are 404 where stable's are 200 (default: 0%).",
      },
      { name: 'pods', value: 'NUMBER', summary: 'Pods of each version (default: 3).' },
      { name: 'runs', value: 'NUMBER', summary: 'How many releases (default: 200).' },
      { name: 'seed', value: 'NUMBER', summary: 'Seed of all chance: the same seed, the same answer.' },
    ],
    like: 'rollout',
  },
  {
    name: 'demo',
    summary: 'Watch a whole release in an embedded cluster: no Kubernetes, no Prometheus, no account needed.',
    operands: '',
    flags: scenarioFlags,
  },
  {
    name: 'sandbox',
    summary: 'Keep the embedded cluster, Prometheus and GitHub API up, and print how to reach them.',
    operands: '',
    flags: scenarioFlags,
  },
]

/** commandNamed finds a command; null for an unknown word. */
export function commandNamed(name: string): Command | null {
  return commands.find((command) => command.name === name) ?? null
}
