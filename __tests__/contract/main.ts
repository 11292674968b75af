import { parseArgs } from 'node:util'
import { sentenceOf } from '../../src/release/failure.ts'
import { apiCases } from './api.ts'
import { whyNot } from './case.ts'
import { openContract } from './wire.ts'

const usage = `usage: npm run test:contract -- --kubeconfig FILE --namespace NAME [--bystander FILE]

Asserts over the wire what Shiftgate relies on at a Kubernetes API server with Istio's kinds. It makes and
deletes only objects of its own, named shiftgate-contract-<random>.

  --kubeconfig FILE  whose user may do everything with VirtualServices and Leases in the namespace
  --namespace NAME   a namespace that is there
  --bystander FILE   kubeconfig of a user who may not patch VirtualServices; without it those cases are left out
`

/** runApi runs every case and says what ran; it gives the number that failed. */
async function runApi(kubeconfig: string, namespace: string, bystander: string | null): Promise<number> {
  const contract = await openContract({ kubeconfig, namespace, bystander })
  const count = { passed: 0, failed: 0, skipped: 0 }
  process.once('SIGINT', () => {
    contract.clean().finally(() => process.exit(130))
  })
  try {
    for (const one of apiCases) {
      const why = whyNot(one, contract)
      if (why !== null) {
        count.skipped++
        console.log(`skipped  ${one.title} (${why})`)
        continue
      }
      try {
        await one.run(contract)
        count.passed++
        console.log(`ok       ${one.title}`)
      } catch (error) {
        count.failed++
        console.log(`FAILED   ${one.title}\n         ${String(error).replaceAll('\n', '\n         ')}`)
      }
    }
  } finally {
    await contract.clean()
  }
  console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
  return count.failed
}

const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string' },
    namespace: { type: 'string' },
    bystander: { type: 'string' },
    help: { type: 'boolean' },
  },
})
if (values.help || !values.kubeconfig || !values.namespace) {
  console.log(usage)
  process.exitCode = values.help ? 0 : 2
} else {
  try {
    const failed = await runApi(values.kubeconfig, values.namespace, values.bystander ?? null)
    process.exitCode = failed === 0 ? 0 : 1
  } catch (error) {
    console.error(sentenceOf(error))
    process.exitCode = 2
  }
}
