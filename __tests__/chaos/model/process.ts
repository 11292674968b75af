import type { Pods } from './traffic.ts'

/** MetricsAnswer is how Prometheus answers. */
export type MetricsAnswer = 'ok' | 'down' | 'odd' | 'refused' | 'partial' | 'blind' | 'gone'

/** ModelProcess is one process of the program: what it was last told, and whether it still lives. */
export interface ModelProcess {
  holder: string
  dead: boolean
  /** It dies at this call; Infinity: it doesn't. */
  killAtCall: number
  calls: number
  lastPods: Pods
  lastMetrics: MetricsAnswer | 'none'
}
