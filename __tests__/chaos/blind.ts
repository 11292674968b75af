import { blindAnswers } from '../support/blind-answers.ts'
import { withBench } from '../support/program.ts'
import { quickScenario } from '../support/quick-release.ts'
import { routeWeights } from '../support/traffic-laws.ts'
import { releaseIn } from '../support/wire.ts'
import { brokenByOutput, type Lived, openProxies, runEnv } from './life.ts'

/** BlindLife is a release whose Prometheus shows nothing any more once the routes ask for a share (percent). */
export interface BlindLife {
  answer: keyof typeof blindAnswers
  from: 20 | 100
}

/** blindLives is every answer that shows nothing, from the first shift on and from the last. */
export const blindLives: readonly BlindLife[] = (Object.keys(blindAnswers) as BlindLife['answer'][]).flatMap(
  (answer) => [20, 100].map((from) => ({ answer, from }) as BlindLife),
)

/**
 * liveThroughBlindness runs a release that would promote on too little evidence: blind from the first shift on, of a
 * canary that fails 6%, and with polls a minute apart, blind from the write of 100% on.
 */
export async function liveThroughBlindness(seed: number, { answer, from }: BlindLife): Promise<Lived> {
  const lived: Lived = { broken: [], end: '', faults: 0 }
  const scenario = quickScenario({}, from === 20 ? 'errors' : 'good')
  const slow = { interval: '1m', 'min-step-duration': '3m', 'final-duration': '3m', 'step-timeout': '15m' }
  const settings = from === 20 ? { 'step-timeout': '90s' } : slow
  await withBench({ scenario, seed }, async (bench) => {
    const proxies = await openProxies(bench, (api) => {
      if (api !== 'prometheus' || (releaseIn(bench.sandbox)?.weight ?? 0) < from) return null
      lived.faults++
      return blindAnswers[answer]
    })
    const flags = { ...proxies.flags, ...settings, 'on-inconclusive': 'promote' }
    const ran = await bench.run('rollout', flags, { env: runEnv('1', bench) })
    await proxies.close()
    const { result, reasonCode } = ran.outcome ?? {}
    lived.end = `blind at ${from}%: ${result} (${reasonCode})`
    lived.broken.push(...brokenByOutput(ran))
    if (ran.code !== 4) lived.broken.push(`exit code ${ran.code}: ${result} (${reasonCode})`)
    if (lived.faults === 0) lived.broken.push('nothing was blind')
    const weight = from === 20 ? 0 : 1
    const seen = routeWeights(bench.sandbox).find(({ version }) => version === 'v2')?.share ?? 0
    if (seen !== weight) lived.broken.push(`v2 has a share of ${seen}`)
  })
  return lived
}
