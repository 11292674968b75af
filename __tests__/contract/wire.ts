import { randomBytes } from 'node:crypto'
import { type KubeRequest, sendRequest } from '../../src/cluster/api/exchange.ts'
import { parseWarnings } from '../../src/cluster/api/warnings.ts'
import { type KubeconfigContext, readKubeconfig } from '../../src/cluster/login/kubeconfig.ts'
import { type ApiSession, createSession } from '../../src/cluster/login/session.ts'
import type { JsonPatchOperation, KubeObject } from '../../src/release/kubernetes.ts'

/** Status is the API server's error object, as far as the cases read it. */
export interface Status {
  kind: string
  reason?: string
  message?: string
  details?: {
    name?: string
    group?: string
    kind?: string
    causes?: { reason?: string; message?: string; field?: string }[]
  }
}

/** Heard is one answer, with its body read both ways it may be meant. */
export interface Heard {
  code: number
  contentType: string
  text: string
  warnings: string[]
  /** The body as an error. */
  status: Status
  /** The body as an object. */
  object: KubeObject
}

/** As is who asks: the kubeconfig's user, nobody, somebody with a made-up token, somebody without rights. */
export type As = 'user' | 'nobody' | 'stranger' | 'bystander'

/** Contract is what a case works with: a server, a namespace, and names of its own that are cleaned up. */
export interface Contract {
  namespace: string
  /** fresh gives a name that nobody has. */
  fresh(): string
  /** path of VirtualServices (or of one) in the namespace. */
  routes(name?: string): string
  leases(name?: string): string
  get(path: string, as?: As): Promise<Heard>
  post(path: string, body: unknown, as?: As): Promise<Heard>
  put(path: string, body: unknown): Promise<Heard>
  jsonPatch(path: string, patch: JsonPatchOperation[] | string, as?: As): Promise<Heard>
  patch(path: string, contentType: string, body: string): Promise<Heard>
  delete(path: string, body?: unknown): Promise<Heard>
  /** create makes a VirtualService and gives it as the server has it. */
  create(over?: { metadata?: Record<string, unknown>; spec?: Record<string, unknown> }): Promise<KubeObject>
  /** route gives a VirtualService as a client would send it. */
  route(
    name: string,
    over?: { metadata?: Record<string, unknown>; spec?: Record<string, unknown> },
  ): KubeObject
  /** hasWebhook tells whether Istio's validation stands before the API. */
  hasWebhook: boolean
  /** has tells who can ask. */
  has(as: As): boolean
  clean(): Promise<void>
}

const istio = 'networking.istio.io'
const apiVersion = `${istio}/v1`

/** openContract reads the kubeconfigs and finds out what the server has. */
export async function openContract(options: {
  kubeconfig: string
  namespace: string
  /** A second kubeconfig, whose user may not patch routes; null: that case is left out. */
  bystander: string | null
}): Promise<Contract> {
  const user = await sessionOf(options.kubeconfig)
  const sessions: Record<As, ApiSession | null> = {
    user,
    nobody: await sessionOf(options.kubeconfig, {}),
    stranger: await sessionOf(options.kubeconfig, {
      token: `nobody-has-this-${randomBytes(8).toString('hex')}`,
    }),
    bystander: options.bystander === null ? null : await sessionOf(options.bystander),
  }
  const made = new Set<string>()
  const root = (group: string, plural: string, name?: string) =>
    `/apis/${group}/namespaces/${options.namespace}/${plural}${name === undefined ? '' : `/${name}`}`

  const ask = async (as: As, method: string, path: string, body?: string, contentType?: string) => {
    const session = sessions[as]
    if (session === null) throw new Error(`nobody can ask as ${as}`)
    const rest = { ...(body === undefined ? {} : { body }), ...(contentType ? { contentType } : {}) }
    return heard(session, { method, path, ...rest })
  }

  const contract: Contract = {
    namespace: options.namespace,
    fresh: () => {
      const name = `shiftgate-contract-${randomBytes(5).toString('hex')}`
      made.add(name)
      return name
    },
    routes: (name) => root(apiVersion, 'virtualservices', name),
    leases: (name) => root('coordination.k8s.io/v1', 'leases', name),
    get: (path, as = 'user') => ask(as, 'GET', path),
    post: (path, body, as = 'user') => ask(as, 'POST', path, JSON.stringify(body)),
    put: (path, body) => ask('user', 'PUT', path, JSON.stringify(body)),
    jsonPatch: (path, patch, as = 'user') =>
      ask(
        as,
        'PATCH',
        path,
        typeof patch === 'string' ? patch : JSON.stringify(patch),
        'application/json-patch+json',
      ),
    patch: (path, contentType, body) => ask('user', 'PATCH', path, body, contentType),
    delete: (path, body) =>
      ask('user', 'DELETE', path, body === undefined ? undefined : JSON.stringify(body)),
    route: (name, over = {}) => ({
      apiVersion,
      kind: 'VirtualService',
      metadata: { name, namespace: options.namespace, ...over.metadata },
      spec: {
        hosts: [`${name}.${options.namespace}.svc.cluster.local`],
        http: [{ route: pair(name, 90, 10) }],
        ...over.spec,
      } as never,
    }),
    create: async (over) => {
      const { code, text, object } = await contract.post(
        contract.routes(),
        contract.route(contract.fresh(), over),
      )
      if (code !== 201)
        throw new Error(`a plain VirtualService could not be created: ${code} ${text.slice(0, 400)}`)
      return object
    },
    hasWebhook: false,
    has: (as) => sessions[as] !== null,
    clean: async () => {
      for (const name of made) {
        await contract.delete(contract.routes(name))
        await contract.delete(contract.leases(name))
      }
      made.clear()
    },
  }
  const negative = contract.route('shiftgate-contract-probe', {
    spec: { http: [{ route: pair('x', -1, 101) }] },
  })
  contract.hasWebhook = (await contract.post(`${contract.routes()}?dryRun=All`, negative)).text.includes(
    'admission webhook',
  )
  return contract
}

async function heard(session: ApiSession, ask: KubeRequest): Promise<Heard> {
  const answer = await sendRequest(session, ask, 'shiftgate-contract', AbortSignal.timeout(20_000))
  const json = parsed(answer.text)
  return {
    code: answer.status,
    contentType: answer.contentType,
    text: answer.text,
    warnings: parseWarnings(answer.warnings),
    status: json as unknown as Status,
    object: json as unknown as KubeObject,
  }
}

/** pair gives two weighted destinations of one host. */
export function pair(host: string, stable: number, canary: number) {
  return [
    { destination: { host, subset: 'v1' }, weight: stable },
    { destination: { host, subset: 'v2' }, weight: canary },
  ]
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}

async function sessionOf(kubeconfig: string, user?: Record<string, unknown>): Promise<ApiSession> {
  const login = readKubeconfig(
    { kubeconfig: { from: 'path', value: kubeconfig }, context: null },
    process.env,
  )
  const known: KubeconfigContext =
    user === undefined ? login : { ...login, user: login.user.withValues(user) }
  return createSession(known, process.env, AbortSignal.timeout(60_000))
}
