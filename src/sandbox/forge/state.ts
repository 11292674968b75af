/** ForgePullRequest is one pull request of the sandbox's repository. */
export interface ForgePullRequest {
  number: number
  title: string
  state: 'open' | 'closed'
  /** Commit that it became; null where it isn't merged. */
  mergeCommit: string | null
  head: string
  base: string
}

interface ForgeCommit {
  sha: string
  message: string
  /** Pull requests that GitHub's index links to it; the index lags behind, so a test can leave one out. */
  pulls: number[]
}

export interface ForgeComment {
  id: number
  /** Number of the pull request. */
  issue: number
  body: string
  author: Account
  createdAt: string
  updatedAt: string
}

interface Account {
  login: string
  type: 'Bot' | 'User'
}

export type RepositoryRole = 'none' | 'read' | 'write'

/** Permissions are what the token may, by the names that workflows use. */
export interface Permissions {
  contents: RepositoryRole
  'pull-requests': RepositoryRole
  issues: RepositoryRole
}

/** ForgeState is all that the GitHub API knows; tests read and change it. */
export interface ForgeState {
  owner: string
  name: string
  token: string
  /** Who the token acts as. */
  account: Account
  /** Tokens of installations may not ask `GET /user`. */
  installation: boolean
  permissions: Permissions
  commits: ForgeCommit[]
  pulls: ForgePullRequest[]
  comments: ForgeComment[]
}

/** Commit and pull request of the release that scenarios show. */
export const releaseCommit = '6dcb09b5b57875f334f61aebed695e2e4193db5e'
export const releasePull = 42

/** newForge gives a repository with one merged pull request, and the token of a workflow. */
export function newForge(): ForgeState {
  return {
    owner: 'example',
    name: 'shop',
    token: 'sandbox-github-token',
    account: { login: 'github-actions[bot]', type: 'Bot' },
    installation: true,
    permissions: { contents: 'read', 'pull-requests': 'write', issues: 'write' },
    commits: [{ sha: releaseCommit, message: `Answer faster (#${releasePull})`, pulls: [releasePull] }],
    pulls: [
      {
        number: releasePull,
        title: 'Answer faster',
        state: 'closed',
        mergeCommit: releaseCommit,
        head: '0d1a26e67d8f5eaf1f6ba5c57fc3c7d91ac0fd1c',
        base: 'main',
      },
    ],
    comments: [],
  }
}
