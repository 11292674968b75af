import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Agreement, startAgreement } from './agreement.ts'
import { faults, together, turning } from './changes.ts'
import { chart } from './chart.ts'
import { behind } from './comparison.ts'
import { correlation } from './correlation.ts'
import { detection } from './detection.ts'
import type { Lab } from './lab.ts'
import { passing, resolution } from './passing.ts'
import { rollouts } from './rollouts.ts'
import { severalGates } from './several-gates.ts'
import { shortPolls } from './short-polls.ts'
import { markdown, type Table } from './table.ts'

const usage = 'node bench/verdict/main.ts [--seed 1] [--scale 1] [--out docs/benchmarks]'

/** run does all experiments and writes `verdict.md` and `verdict.svg`. */
function run(lab: Lab, out: string): void {
  const agreement = startAgreement()
  const begun = process.hrtime.bigint()
  const timed = <T>(name: string, work: () => T): T => {
    const result = work()
    const seconds = Number(process.hrtime.bigint() - begun) / 1e9
    process.stderr.write(`${name}: done after ${seconds.toFixed(0)} s\n`)
    return result
  }
  const caught = timed('time to catch', () => detection(lab, agreement))
  const whole = timed('whole rollouts', () => rollouts(lab))
  const tables = [
    behind(whole.comparisons),
    caught.table,
    whole.table,
    timed('correlated errors', () => correlation(lab, agreement)),
    timed('several gates', () => severalGates(lab)),
    timed('polls of 5 s', () => shortPolls(lab)),
    timed('shared degradation', () => together(lab)),
    timed('going bad late', () => turning(lab)),
    timed('the pass', () => passing(lab, agreement)),
    timed('chosen margins', () => resolution(lab, agreement)),
    timed('faults', () => faults(lab)),
  ]
  mkdirSync(out, { recursive: true })
  writeFileSync(`${out}/verdict.md`, report(lab, tables, agreement))
  writeFileSync(`${out}/verdict.svg`, chart(caught.chart, lab.seed))
}

function report(lab: Lab, tables: Table[], agreement: Agreement): string {
  const list = (lines: readonly string[]) => lines.map((line) => `- ${line}`)
  return [
    '# The verdict against its peers, on the same traffic',
    '',
    `Written by \`npm run bench:verdict -- --seed ${lab.seed}${lab.scale === 1 ? '' : ` --scale ${lab.scale}`}\`; the same seed gives the same figures. Simulated Poisson traffic, polls every 15 s, calibrated by an hour of stable's ten pods unless said. The peers' rules are simulated as their sources have them: Flagger (success rate ≥ 99% over the last minute, checked every minute, five failed checks roll back), Argo Rollouts (success rate ≥ 95% over the last minute, measured every minute, more than three failures abort), Kayenta (Mann–Whitney on points of a minute, every ten minutes).`,
    '',
    '![Seconds until half of the bad canaries are caught](verdict.svg)',
    '',
    ...tables.map(markdown),
    '## Agreement with the design',
    '',
    `${agreement.compared.count} of these figures were known from the engine's design, measured by another program on other traffic. Outside the error of both: ${agreement.differing.length}.`,
    '',
    ...list(agreement.differing),
    '',
  ].join('\n')
}

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    scale: { type: 'string', default: '1' },
    out: { type: 'string', default: 'docs/benchmarks' },
  },
})
const lab = { seed: Number(values.seed), scale: Number(values.scale) }
if (!Number.isInteger(lab.seed) || !(lab.scale > 0)) {
  process.stderr.write(`A seed is a whole number, a scale a positive one: ${usage}\n`)
  process.exitCode = 2
} else {
  run(lab, values.out)
}
