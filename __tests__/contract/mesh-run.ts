import { setTimeout as wait } from 'node:timers/promises'
import { meshCases, runMeshCase } from './mesh.ts'
import { openMesh } from './mesh-wire.ts'
import { openContract } from './wire.ts'

/** runMesh runs every row of the data plane's half and says what came of it; it gives the number that failed. */
export async function runMesh(options: {
  kubeconfig: string
  namespace: string
  mesh: string
  prometheus: string
  service: string
  stable: string
  canary: string
  clock: string | null
  mutualTls: boolean
  /** Seconds between two scrapes. */
  scrapeInterval: number
}): Promise<number> {
  const { kubeconfig, namespace, clock, scrapeInterval, ...rest } = options
  const contract = await openContract({ kubeconfig, namespace, bystander: null })
  const pause = clock === null ? (ms: number) => wait(ms) : (ms: number) => advance(clock, ms)
  const mesh = openMesh({ ...rest, contract, pause, scraped: scrapeInterval + 15 })
  let failed = 0
  process.once('SIGINT', () => {
    mesh.clean().finally(() => process.exit(130))
  })
  try {
    for (const one of meshCases) {
      try {
        await runMeshCase(one, mesh)
        console.log(`ok       ${one.title}`)
      } catch (error) {
        failed += 1
        console.log(`FAILED   ${one.title}\n         ${String(error).replaceAll('\n', '\n         ')}`)
      }
    }
  } finally {
    await mesh.clean()
    await contract.clean()
  }
  console.log(`${meshCases.length - failed} passed, ${failed} failed`)
  return failed
}

/** advance moves a sandbox's clock, which stands still while nobody is attached to it. */
async function advance(clock: string, ms: number): Promise<void> {
  const answer = await fetch(new URL('/clock/advance', clock), {
    method: 'POST',
    body: JSON.stringify({ ms }),
  })
  if (!answer.ok) throw new Error(`the clock at ${clock}: ${answer.status} ${await answer.text()}`)
  await answer.body?.cancel()
}
