import { readFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { parseDocument } from 'yaml'
import type { Environment } from '../../release/ci-run.ts'
import { Failure, sentenceOf } from '../../release/failure.ts'
import type { ClusterAccess } from '../../release/request.ts'
import { errorCode } from '../api/network-failure.ts'
import { createEntryFields, type EntryFields, type KubeconfigEntry } from './kubeconfig-entry.ts'

/** KubeconfigContext is one context of a kubeconfig, its entries as they were written, and where each came from. */
export interface KubeconfigContext {
  /** Name of the context, or the server's host in a cluster's own pod. */
  name: string
  namespace: string | null
  cluster: EntryFields
  user: EntryFields
}

/** Where a pod finds its own account. */
export const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount'

interface Document {
  /** How messages name it. */
  label: string
  /** Relative paths in it start here. */
  base: string
  root: Record<string, unknown>
}

/**
 * readKubeconfig reads the kubeconfig that `access` names and picks its context. `default` is what kubectl does:
 * KUBECONFIG (several files merge, the first to name something wins), else ~/.kube/config, else the pod's own
 * service account. Throws Failure `invalid-input` that names the field.
 */
export function readKubeconfig(
  access: ClusterAccess,
  env: Environment,
  account = serviceAccountFolder,
): KubeconfigContext {
  const documents = documentsOf(access, env)
  if (documents.length > 0) return pick(documents, access.context)
  if (access.kubeconfig.from === 'default' && env.KUBERNETES_SERVICE_HOST) return inCluster(env, account)
  throw new Failure(
    'invalid-input',
    'no kubeconfig: give `kubeconfig` (a path or its content), set KUBECONFIG, or run inside a cluster',
    { details: { field: 'kubeconfig' } },
  )
}

function documentsOf(access: ClusterAccess, env: Environment): Document[] {
  const { kubeconfig } = access
  if (kubeconfig.from === 'content') {
    return [parse(decoded(kubeconfig.value), 'the kubeconfig that was given as content', process.cwd())]
  }
  if (kubeconfig.from === 'path') return [readDocument(kubeconfig.value)]
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter(Boolean)
  if (listed.length > 0) {
    // kubectl passes over files of the list that aren't there; none at all is a mistake.
    const found = listed.map((file) => readDocument(file, true)).filter((document) => document !== null)
    if (found.length > 0) return found
    throw new Failure('invalid-input', `KUBECONFIG names ${listed.join(', ')}, which can't be found`, {
      details: { field: 'KUBECONFIG' },
    })
  }
  const home = env.HOME ? readDocument(join(env.HOME, '.kube', 'config'), true) : null
  return home === null ? [] : [home]
}

function readDocument(file: string): Document
function readDocument(file: string, optional: true): Document | null
function readDocument(file: string, optional = false): Document | null {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (optional && errorCode(error) === 'ENOENT') return null
    throw new Failure('invalid-input', `kubeconfig ${file} can't be read: ${sentenceOf(error)}`, {
      cause: error,
      details: { field: 'kubeconfig' },
    })
  }
  return parse(text, `kubeconfig ${file}`, dirname(resolve(file)))
}

/** decoded undoes base64, in which secrets of CI systems often hold a kubeconfig; YAML always has a colon. */
function decoded(value: string): string {
  const compact = value.replace(/\s+/g, '')
  return compact !== '' && /^[A-Za-z0-9+/_-]+={0,2}$/.test(compact)
    ? Buffer.from(compact, 'base64').toString('utf8')
    : value
}

function parse(text: string, label: string, base: string): Document {
  const document = parseDocument(text, { prettyErrors: true })
  const problem = document.errors[0]
  if (problem !== undefined) {
    const at = problem.linePos?.[0]
    // The message's first line only: what follows quotes the text, and the text holds secrets.
    const what = problem.message.split(/ at line |\n/, 1)[0] ?? ''
    throw new Failure(
      'invalid-input',
      `${label} is not YAML: ${what}${at === undefined ? '' : ` (line ${at.line}, column ${at.col})`}`,
      { details: { field: 'kubeconfig' } },
    )
  }
  const root: unknown = document.toJS()
  if (typeof root !== 'object' || root === null || Array.isArray(root) || !('clusters' in root)) {
    throw new Failure('invalid-input', `${label} is not a kubeconfig: it has no \`clusters\``, {
      details: { field: 'clusters' },
    })
  }
  return { label, base, root: root as Record<string, unknown> }
}

function pick(documents: readonly Document[], wanted: string | null): KubeconfigContext {
  const first = documents[0] as Document
  const name = wanted ?? documents.map(({ root }) => root['current-context']).find((given) => given)
  if (typeof name !== 'string' || name === '') {
    throw new Failure(
      'invalid-input',
      `${first.label}: current-context is missing; set it or give \`context\``,
      {
        details: { field: 'current-context' },
      },
    )
  }
  const context = createEntryFields(
    entry(documents, 'context', name, 'current-context or `context`'),
    'context',
  )
  const cluster = createEntryFields(
    entry(documents, 'cluster', context.required('cluster'), context.field('cluster')),
    'cluster',
  )
  const userName = context.text('user')
  const user = createEntryFields(
    userName === null
      ? { name: '', at: 'users', value: { name: '' }, label: first.label, base: first.base }
      : entry(documents, 'user', userName, context.field('user')),
    'user',
  )
  return { name, namespace: context.text('namespace'), cluster, user }
}

function entry(documents: readonly Document[], kind: string, name: string, asked: string): KubeconfigEntry {
  const names: string[] = []
  for (const { root, label, base } of documents) {
    const list = root[`${kind}s`] ?? []
    if (!Array.isArray(list)) {
      throw new Failure('invalid-input', `${label}: ${kind}s must be a list`, {
        details: { field: `${kind}s` },
      })
    }
    for (const value of list as Record<string, unknown>[]) {
      if (value?.name === name) return { name, at: `${kind}s[${name}]`, value, label, base }
      names.push(String(value?.name))
    }
  }
  const known = names.length === 0 ? 'it has none' : `it has ${names.slice(0, 12).join(', ')}`
  throw new Failure(
    'invalid-input',
    `${documents[0]?.label}: ${asked} names the ${kind} ${JSON.stringify(name)}, but ${known}`,
    {
      details: { field: `${kind}s`, value: name },
    },
  )
}

function inCluster(env: Environment, account: string): KubeconfigContext {
  const host = env.KUBERNETES_SERVICE_HOST ?? ''
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${env.KUBERNETES_SERVICE_PORT || '443'}`
  const label = "the pod's service account"
  let namespace: string | null = null
  try {
    namespace = readFileSync(join(account, 'namespace'), 'utf8').trim() || null
  } catch {
    // Only a convenience: the namespace of the target is always given.
  }
  const ca = join(account, 'ca.crt')
  const cluster = { name: 'in-cluster', cluster: { server, 'certificate-authority': ca } }
  const user = { name: 'in-cluster', user: { tokenFile: join(account, 'token') } }
  return {
    name: new URL(server).host,
    namespace,
    cluster: createEntryFields(
      { name: 'in-cluster', at: 'service account', value: cluster, label, base: account },
      'cluster',
    ),
    user: createEntryFields(
      { name: 'in-cluster', at: 'service account', value: user, label, base: account },
      'user',
    ),
  }
}
