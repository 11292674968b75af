import type { Random } from '../../simulation/random.ts'
import type { TrafficModel } from '../../simulation/traffic-model.ts'
import type { MeshStore, Propagation } from './config/config-view.ts'

/** MeshOptions say which service is called, by whom, and how fast the mesh learns. */
export interface MeshOptions {
  store: MeshStore
  /** now gives virtual time in ms since the epoch, also between ticks: the moment of a store's change. */
  now(): number
  random?: Random
  model: TrafficModel
  /** ms since the epoch of the model's second 0. */
  origin: number
  service: { namespace: string; name: string; port?: number }
  clusterDomain?: string
  rootNamespace?: string
  propagation?: Partial<Propagation>
  /** Value of the `tag` label of `istio_build`. */
  istioVersion?: string
}
