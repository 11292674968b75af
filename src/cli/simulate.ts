import type { SimulationSummary } from '../commands/offline/simulation.ts'
import { simulateCanary, simulatedSettings } from '../commands/offline/simulation.ts'
import { readRate } from '../config/kinds/rates.ts'
import { Failure } from '../release/failure.ts'
import { type ExitCode, exitCodes } from '../release/outcome/exit-codes.ts'
import { formatDuration } from '../release/text/duration.ts'
import { formatCount, formatPercent, plural } from '../release/text/figures.ts'
import { clip, oneLine } from '../release/text/plain-text.ts'
import type { Arguments } from './arguments.ts'
import { offlineSettings } from './offline-settings.ts'
import type { Terminal } from './terminal.ts'

const own = new Set([
  'rate',
  'stable-errors',
  'canary-errors',
  'stable-latency',
  'canary-latency',
  'canary-not-found',
  'pods',
  'runs',
  'seed',
])

/** runSimulate releases an invented canary many times in memory and prints how that ended. */
export async function runSimulate(parsed: Arguments, terminal: Terminal): Promise<ExitCode> {
  const stableErrors = rateOf(parsed, 'stable-errors') ?? 0.001
  const stableMs = numberOf(parsed, 'stable-latency', 20, 600_000)
  const invented = {
    perSecond: numberOf(parsed, 'rate', 10, 1e6),
    stableErrors,
    canaryErrors: rateOf(parsed, 'canary-errors') ?? stableErrors,
    pods: numberOf(parsed, 'pods', 3, 1000, true),
    stableMs,
    canaryMs: numberOf(parsed, 'canary-latency', stableMs, 600_000),
    canaryNotFound: rateOf(parsed, 'canary-not-found') ?? 0,
  }
  const options = {
    runs: numberOf(parsed, 'runs', 200, 1e6, true),
    seed: numberOf(parsed, 'seed', 1, 1e9, true),
  }
  const { settings, left } = simulatedSettings(offlineSettings(parsed, terminal, own))
  // Where nothing is invented that they could see, comparisons that only observe would take most of the time.
  const plain = invented.canaryMs === stableMs && invented.canaryNotFound === 0
  const profile = plain && settings.profile !== 'enforce' ? 'off' : (settings.profile ?? 'off')
  const tally = await simulateCanary({ ...settings, profile }, invented, options)
  if (parsed.json !== null)
    terminal.write(parsed.json, `${JSON.stringify({ schema: 1, ...invented, ...tally }, null, 2)}\n`)
  if (left.length > 0) {
    const names = left.map(({ gate, routesOnly }) => (routesOnly ? `the routes of ${gate}` : gate))
    terminal.error(`Nothing can be invented for these, they are left out: ${oneLine(names.join(', '))}.\n`)
  }
  if (parsed.json !== '-') terminal.out(words(tally))
  return exitCodes.done
}

function numberOf(parsed: Arguments, name: string, usual: number, most: number, whole = false): number {
  const text = parsed.given.get(name)?.text
  if (text === undefined) return usual
  const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (number > 0 && number <= most && (!whole || Number.isInteger(number))) return number
  const kind = whole ? 'a whole number' : 'a number'
  throw new Failure(
    'invalid-input',
    `--${name}: ${JSON.stringify(text.slice(0, 80))} is not ${kind} above 0, at most ${most}.`,
    {
      details: { field: name, value: text.slice(0, 200) },
    },
  )
}

function rateOf(parsed: Arguments, name: string): number | null {
  const text = parsed.given.get(name)?.text
  if (text === undefined) return null
  const reading = readRate(text, { example: '1%' })
  if ('value' in reading) return reading.value
  throw new Failure('invalid-input', `--${name}: ${JSON.stringify(text.slice(0, 80))} ${reading.wrong}.`, {
    details: { field: name, value: text.slice(0, 200) },
  })
}

function words(tally: SimulationSummary): string {
  const row = (left: string, right: string) => `  ${left.padEnd(44)}${right}\n`
  const shareOf = ({ share }: { share: number }) =>
    `${count(share, tally.runs)} of ${formatCount(tally.runs)}`
  const ends = tally.outcomes.map((end) =>
    row(
      `${end.result} (${end.reason})`,
      `${shareOf(end).padStart(12)}  after ${formatDuration(end.medianSeconds * 1000)} (median), ${formatDuration(end.p95Seconds * 1000)} (95 of 100)`,
    ),
  )
  const totals: [string, number][] = [
    ['promoted', tally.promoted],
    ['rolled back on proof', tally.rolledBackOnProof],
    ['ended without proof', tally.endedWithoutProof],
  ]
  return [
    `${plural(tally.runs, 'release')}, seed ${tally.seed}:\n`,
    ...ends,
    ...totals.map(([name, share]) =>
      row(name, `${shareOf({ share }).padStart(12)}  (${formatPercent(share)})`),
    ),
    ...tally.gates.map(({ gate, mode, proved }) =>
      row(
        clip(`proved worse by ${gate}${mode === 'observe' ? ' (observes)' : ''}`, 43),
        `${shareOf({ share: proved }).padStart(12)}  (${formatPercent(proved)})`,
      ),
    ),
    row(
      'failed requests beyond stable’s',
      `${oneDecimal(tally.meanExcessFailures).padStart(12)}  a release, in the mean`,
    ),
  ].join('')
}

function count(share: number, runs: number): string {
  return formatCount(share * runs)
}

/** oneDecimal never writes a zero with a sign. */
function oneDecimal(value: number): string {
  const text = value.toFixed(1)
  return text === '-0.0' ? '0.0' : text
}
