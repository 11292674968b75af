import type { SideName } from '../release/gates.ts'
import type { TrafficModel } from './traffic-model.ts'

/** SimulationInput is what a simulated release of `v2` beside `v1` meets. */
export interface SimulationInput {
  traffic: TrafficModel
  /** Ready pods of each version. */
  pods: number
  /** Seconds until the proxies follow a change of routes. */
  propagation: number
  /** Hours of history that stable's calibration rests on; 0: none. */
  historyHours: number
  /** Durations, answers and counters are invented too; absent: nothing but failed requests is looked at. */
  detailed?: boolean
  /** Queries that stand for a counter of the user's: whose it is, and what it counts. */
  counters?: ReadonlyMap<string, { side: SideName; kind: 'bad' | 'all' }>
}
