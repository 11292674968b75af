import { parse } from 'yaml'
import type { Request } from '../release/request.ts'

/** Names of headers whose values are secrets; others (a tenant's name) would make logs unreadable if masked. */
const secretHeader = /auth|token|key|secret|cookie|pass|signature/i

/** secretsOf lists every secret of a request, in each form in which it could reach a log. */
export function secretsOf(request: Request): string[] {
  const { prometheus, forge, cluster } = request
  const secrets = [forge?.token, prometheus?.bearerToken]
  if (prometheus?.basic) {
    const { username, password } = prometheus.basic
    secrets.push(password, Buffer.from(`${username}:${password}`).toString('base64'))
  }
  for (const [name, value] of Object.entries(prometheus?.headers ?? {})) {
    if (secretHeader.test(name)) secrets.push(value, value.replace(/^(bearer|basic)\s+/i, ''))
  }
  if (cluster.kubeconfig.from === 'content') secrets.push(...kubeconfigSecrets(cluster.kubeconfig.value))
  return [...new Set(secrets.filter((secret) => typeof secret === 'string' && secret !== ''))] as string[]
}

/** kubeconfigSecrets lists the credentials in a kubeconfig's text (as it is, or in base64). */
function kubeconfigSecrets(text: string): string[] {
  const plain = text.includes(':') ? text : Buffer.from(text, 'base64').toString('utf8')
  const found: string[] = []
  for (const entry of usersOf(plain)) {
    const user = fields(fields(entry).user)
    for (const key of ['token', 'password', 'client-key-data']) {
      if (typeof user[key] === 'string') found.push(user[key] as string)
    }
  }
  return found
}

function usersOf(text: string): unknown[] {
  try {
    const users = fields(parse(text)).users
    return Array.isArray(users) ? users : []
  } catch {
    return []
  }
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
