import { request as forward } from 'node:http'
import type { KubeObject } from '../../release/kubernetes.ts'
import { kindNamed } from '../cluster/kinds.ts'
import type { StoreReader } from '../cluster/store.ts'
import { badRequest, notFound, serviceUnavailable } from './answers.ts'
import type { ResourcePath } from './routing.ts'

/** ProxiedAnswer is what the server behind a Service said. */
interface ProxiedAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

/**
 * proxyToService sends a request on to what stands behind a Service: `[scheme:]name[:port]`, the port by number
 * or name. `backend` gives the base URL for a Service; null where nothing answers.
 */
export async function proxyToService(
  store: StoreReader,
  path: ResourcePath,
  call: { method: string; query: string; body: string; headers: Record<string, string> },
  backend: (namespace: string, name: string) => string | null,
): Promise<ProxiedAnswer> {
  const parts = path.name.split(':')
  const name = parts.length === 3 ? (parts[1] as string) : (parts[0] as string)
  const port = parts.length === 1 ? '' : (parts.at(-1) as string)
  if (parts.length > 3 || name === '')
    throw badRequest(`invalid service request ${JSON.stringify(path.name)}`)
  const service = store.get('Service', path.namespace, name)
  if (service === null) throw notFound(kindNamed('Service'), name)
  if (!hasPort(service, port)) {
    throw serviceUnavailable(
      `no service port ${JSON.stringify(port)} found for service ${JSON.stringify(name)}`,
    )
  }
  const base = backend(path.namespace, name)
  if (base === null) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`)
  return send(
    new URL(`${base}${path.rest === '' ? '/' : path.rest}${call.query === '' ? '' : `?${call.query}`}`),
    call,
  )
}

function hasPort(service: KubeObject, port: string): boolean {
  const ports = (service.spec?.ports ?? []) as { name?: string; port?: number }[]
  if (port === '') return ports.length === 1
  return ports.some((item) => String(item.port) === port || item.name === port)
}

function send(
  url: URL,
  call: { method: string; body: string; headers: Record<string, string> },
): Promise<ProxiedAnswer> {
  return new Promise((resolve, reject) => {
    const unreachable = (error: Error): void =>
      reject(serviceUnavailable(`error trying to reach service: ${error.message}`))
    const outgoing = forward(url, { method: call.method, headers: call.headers, agent: false }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', unreachable)
      answer.on('end', () => {
        const type = answer.headers['content-type']
        resolve({
          status: answer.statusCode ?? 502,
          headers: type === undefined ? {} : { 'content-type': type },
          body: Buffer.concat(chunks).toString('utf8'),
        })
      })
    })
    outgoing.on('error', unreachable)
    outgoing.end(call.body)
  })
}
