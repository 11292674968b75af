import { commandsWhere } from '../../release/commands.ts'

/** metricsCommands read metrics. */
export const metricsCommands = commandsWhere(({ metrics }) => metrics !== 'unused')

/** judgingCommands judge a canary by what they read. */
export const judgingCommands = commandsWhere(
  ({ metrics }) => metrics === 'required' || metrics === 'optional',
)

/** measuredCommands can't do without metrics. */
export const measuredCommands = commandsWhere(({ metrics }) => metrics === 'required')

/** rolloutCommands take a release through its steps. */
export const rolloutCommands = commandsWhere(({ drives }) => drives)

/** trafficCommands may move traffic. */
export const trafficCommands = commandsWhere(({ writes }) => writes)

/** startCommands choose who is stable, and by which routes. */
export const startCommands = commandsWhere(({ version }) => version !== 'unused')

/** versionCommands can't do without a version to release. */
export const versionCommands = commandsWhere(({ version }) => version === 'required')
