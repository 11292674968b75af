import type { RouteChoice } from '../release/request.ts'
import type { Problem } from './problem.ts'

/** SourceFile is a file with routing objects: YAML of one or more documents, or JSON. */
export interface SourceFile {
  name: string
  text: string
}

/** RenderRequest is what files shall say: everything that a cluster would otherwise be asked. */
export interface RenderRequest {
  namespace: string
  service: string
  clusterDomain: string
  /** Versions, as their pods are labelled. */
  stable: string
  canary: string
  /** The canary's share in percent, 0–100. */
  weight: number
  /** Where each version has a Service of its own: their names; null: versions share one. */
  hosts: { stable: string; canary: string } | null
  /** Rules that are meant; null: all. */
  routes: RouteChoice[] | null
  /** Objects that no file holds are made; else they are a refusal. */
  create: boolean
}

/** RenderResult is what the files become: edited in place, and new objects as files of their own. */
export type RenderResult =
  | { ok: true; files: (SourceFile & { changed: boolean })[]; created: SourceFile[]; warnings: Problem[] }
  | { ok: false; problems: Problem[] }

/** RouteFiles edits a backend's objects in files, as a release edits them in a cluster. */
export interface RouteFiles {
  /**
   * render gives every file as it shall be at the asked weight. Outside of what changes, every byte stays. Refused,
   * with nothing changed, where a release would be, or where a file can't be edited without changing something else.
   */
  render(files: readonly SourceFile[], request: RenderRequest): RenderResult
}
