import type { TrafficModel } from '../../simulation/traffic-model.ts'

/** ScenarioFault is something that breaks, or heals, at a moment of the release. */
export interface ScenarioFault {
  /** Seconds of virtual time after the start. */
  at: number
  what: 'prometheus-down' | 'prometheus-up' | 'canary-crashes' | 'canary-unschedulable' | 'canary-heals'
}

/** NodePressure is a time in which nodes or containers are short of CPU. Seconds of virtual time after the start. */
export interface NodePressure {
  from: number
  until: number
  /** Share of the nodes' CPU time that their hypervisor takes, 0–1. */
  steal?: number
  /** Share of scheduling periods, 0–1, in which this container of the version's pods is throttled. */
  throttled?: { version: string; container: string; share: number }
}

/**
 * Scenario is a cluster and the life in it: what runs, who calls it, what the new version is worth and what
 * breaks. Plain data, so that it can be shown, seeded and repeated.
 */
export interface Scenario {
  name: string
  /** One sentence for people. */
  description: string
  namespace: string
  service: string
  /** The version that serves at the start; null where none does. */
  stable: string | null
  /** The version that goes out. */
  canary: string
  /** YAML documents that exist since `warmup` seconds before the start. */
  manifests: string
  /** YAML documents that an earlier workflow step applies at the start: the canary's Deployment. */
  deploy: string
  /** Virtual seconds of life before the start: history to compare with. */
  warmup: number
  traffic: TrafficModel
  faults: readonly ScenarioFault[]
  /** Absent: nodes and containers are not measured. */
  strains?: readonly NodePressure[]
  /** Inputs of `rollout` that show the scenario well, by their names. */
  args: Readonly<Record<string, string>>
}
