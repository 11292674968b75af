import type { CreateForge } from '../forge/forge.ts'
import { createGithubForge } from '../forge/github/github-forge.ts'
import type { ForgeKind } from '../release/request.ts'

/** forges gives the client of every forge that a request can name. */
export const forges: Record<ForgeKind, CreateForge> = { github: createGithubForge }
