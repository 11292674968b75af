import type { getOctokit } from '@actions/github'
import type { ForgeAccess } from '../../release/request.ts'
import type { ForgeOptions } from '../forge.ts'
import { retryPolicy } from './retry.ts'

/** RepositoryApi is GitHub's API, bound to one repository; every method throws Failure (see `retryPolicy`). */
export interface RepositoryApi {
  get(route: string, parameters: Record<string, unknown>, signal: AbortSignal): Promise<unknown>
  /** pages gives the pages of a list, one call a page, as long as there is a next. */
  pages(route: string, parameters: Record<string, unknown>, signal: AbortSignal): AsyncIterable<unknown>
  /** send changes something. Writes go out one after the other, as GitHub asks for. */
  send(route: string, parameters: Record<string, unknown>, signal: AbortSignal): Promise<unknown>
  /** viewer gives the login that the token acts as, or null where the API doesn't say. */
  viewer(signal: AbortSignal): Promise<string | null>
}

/** More pages than any list of comments has: an end for a server that always names a next one. */
const pageLimit = 500

const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** createRepositoryApi makes the API of the repository that a release reports to. It makes no call. */
export function createRepositoryApi(access: ForgeAccess, options: ForgeOptions): RepositoryApi {
  let loaded: Promise<Octokit> | null = null
  const octokit = () => {
    loaded ??= loadOctokit(access, options)
    return loaded
  }
  const own = (parameters: Record<string, unknown>, signal: AbortSignal) => ({
    ...parameters,
    owner: access.owner,
    repo: access.repository,
    request: { signal },
  })
  let lastWrite: Promise<unknown> = Promise.resolve()
  return {
    async get(route, parameters, signal) {
      return (await (await octokit()).request(route, own(parameters, signal))).data
    },
    async *pages(route, parameters, signal) {
      // Not octokit's own paging: it loses the signal after the first merge of options.
      for (let page = 1; page <= pageLimit; page++) {
        const { data, headers } = await (await octokit()).request(route, own({ ...parameters, page }, signal))
        yield data
        if (!/rel="next"/.test(headers.link ?? '')) return
      }
    },
    send(route, parameters, signal) {
      const write = lastWrite.then(
        async () => (await (await octokit()).request(route, own(parameters, signal))).data,
      )
      lastWrite = write.catch(() => {})
      return write
    },
    async viewer(signal) {
      return (await loginByGraphql(await octokit(), signal)) ?? (await loginByRest(await octokit(), signal))
    },
  }
}

/** loadOctokit loads GitHub's client when it is first needed: most commands report to nobody. */
async function loadOctokit(access: ForgeAccess, options: ForgeOptions): Promise<Octokit> {
  const { getOctokit } = await import('@actions/github')
  const octokit = getOctokit(access.token, {
    baseUrl: access.apiUrl.replace(/\/+$/, ''),
    userAgent: options.userAgent,
    // Its warnings would go to the console, past the log's masks and groups.
    log: silent,
    // The toolkit picks its proxy for the API that the environment names; a server on this machine is behind none.
    ...(isLoopback(access.apiUrl) ? { request: { fetch: globalThis.fetch } } : {}),
  })
  octokit.hook.wrap('request', retryPolicy(options) as never)
  return octokit
}

function isLoopback(address: string): boolean {
  const host = URL.canParse(address) ? new URL(address).hostname : ''
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}

type Octokit = ReturnType<typeof getOctokit>

// The workflow's own token may not read `GET /user`, but it may ask GraphQL who it is: so may every other token.
async function loginByGraphql(octokit: Octokit, signal: AbortSignal): Promise<string | null> {
  try {
    const answer = await octokit.graphql<{ viewer?: { login?: unknown } }>('query { viewer { login } }', {
      request: { signal },
    })
    return typeof answer?.viewer?.login === 'string' ? answer.viewer.login : null
  } catch (error) {
    if (signal.aborted) throw error
    return null
  }
}

async function loginByRest(octokit: Octokit, signal: AbortSignal): Promise<string | null> {
  try {
    const { data } = await octokit.request('GET /user', { request: { signal } })
    return typeof data?.login === 'string' ? data.login : null
  } catch (error) {
    if (signal.aborted) throw error
    return null
  }
}
