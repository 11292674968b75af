import { parseArgs } from 'node:util'
import { sentenceOf } from '../../src/release/failure.ts'
import { apiCases } from './api.ts'
import { whyNot } from './case.ts'
import { runMesh } from './mesh-run.ts'
import { openContract } from './wire.ts'

const usage = `usage: npm run test:contract -- --kubeconfig FILE --namespace NAME [--bystander FILE]

Asserts over the wire what Shiftgate relies on at a Kubernetes API server with Istio's kinds. It makes and
deletes only objects of its own, named shiftgate-contract-<random>.

  --kubeconfig FILE  whose user may do everything with VirtualServices and Leases in the namespace
  --namespace NAME   a namespace that is there
  --bystander FILE   kubeconfig of a user who may not patch VirtualServices; without it those cases are left out

With --mesh it asserts instead how the data plane and its telemetry behave. It writes routes of its own for a
service that nobody else calls and that has no route yet, and takes them away.

  --mesh URL            where a request enters a caller's proxy as a call of the service; the service's pods
                        answer 200 with the header x-version: <their version label>
  --prometheus-url URL  a Prometheus that scrapes the proxies of caller and service
  --service NAME        the service (label app of its pods); default my-api
  --stable LABEL        version of some ready pods; default v1
  --canary LABEL        version of other ready pods; default v2
  --without-mtls        the mesh has no mutual TLS
  --scrape-interval N   seconds between two scrapes of that Prometheus; default 60
  --clock URL           a sandbox's clock: waiting moves it
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
    mesh: { type: 'string' },
    'prometheus-url': { type: 'string' },
    service: { type: 'string', default: 'my-api' },
    stable: { type: 'string', default: 'v1' },
    canary: { type: 'string', default: 'v2' },
    clock: { type: 'string' },
    'without-mtls': { type: 'boolean', default: false },
    'scrape-interval': { type: 'string', default: '60' },
    help: { type: 'boolean' },
  },
})
const prometheus = values['prometheus-url']
const scrapeInterval = Number(values['scrape-interval'])
const halfMesh = (values.mesh === undefined) !== (prometheus === undefined)
if (values.help || !values.kubeconfig || !values.namespace || halfMesh || !(scrapeInterval > 0)) {
  console.log(usage)
  process.exitCode = values.help ? 0 : 2
} else {
  try {
    const { kubeconfig, namespace, mesh, service, stable, canary, clock = null } = values
    const failed =
      mesh === undefined || prometheus === undefined
        ? await runApi(kubeconfig, namespace, values.bystander ?? null)
        : await runMesh({
            kubeconfig,
            namespace,
            mesh,
            prometheus,
            service,
            stable,
            canary,
            clock,
            scrapeInterval,
            mutualTls: !values['without-mtls'],
          })
    process.exitCode = failed === 0 ? 0 : 1
  } catch (error) {
    console.error(sentenceOf(error))
    process.exitCode = 2
  }
}
