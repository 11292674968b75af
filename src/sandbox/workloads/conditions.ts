/** Condition is one condition in the status of a workload. */
export interface Condition {
  type: string
  status: string
  reason: string
  message: string
  lastTransitionTime: string
  lastUpdateTime?: string
}
