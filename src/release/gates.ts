/** GateMode says what a gate may do: `enforce` decides, `observe` is shown and never decides. */
export type GateMode = 'enforce' | 'observe'

/**
 * GateSpec is a gate as it was configured, or as it always is. What it has beside these is its type's own: only the
 * type's folder in `gates/` reads it.
 */
export interface GateSpec {
  /** DNS label, unique in a release. */
  name: string
  type: string
  mode: GateMode
  [field: string]: unknown
}

/** SideName is one of the two versions of a release. */
export type SideName = 'canary' | 'stable'
