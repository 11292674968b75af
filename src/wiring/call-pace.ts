import type { Environment } from '../release/ci-run.ts'
import { sleepRealTime } from './clock.ts'

/** CallPace is how long calls are waited for, in real time. */
export interface CallPace {
  /** Real time that one call may take, in ms. */
  callTimeout: number
  /** sleep waits between the tries of a call, in ms; it rejects with the signal's reason when that aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

const callTimeout = 10_000
/** Pauses are this much shorter towards the sandbox: its time runs faster than real time, and so do its outages. */
const sandboxHaste = 20

/**
 * callPace gives the pace of calls. Towards the sandbox pauses are short, and SHIFTGATE_SANDBOX_CALL_TIMEOUT (ms) says
 * after how long an unanswered call is given up: whoever lets a server of the sandbox hang need not wait for it.
 */
export function callPace(sandbox: boolean, env: Environment): CallPace {
  if (!sandbox) return { callTimeout, sleep: sleepRealTime }
  const asked = Number(env.SHIFTGATE_SANDBOX_CALL_TIMEOUT)
  return {
    callTimeout: asked > 0 && asked < callTimeout ? asked : callTimeout,
    sleep: (ms, signal) => sleepRealTime(ms / sandboxHaste, signal),
  }
}
