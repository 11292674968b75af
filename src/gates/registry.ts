import { errors } from './errors/errors.ts'
import type { GateType } from './gate-type.ts'
import { http } from './http/http.ts'
import { latency } from './latency/latency.ts'
import { latencyProfile } from './latency-profile/latency-profile.ts'
import { profile } from './profile/profile.ts'
import { query } from './query/query.ts'
import { ratio } from './ratio/ratio.ts'

/** gateTypes are all types of gates: one line names each, in the order of the documents. */
export const gateTypes: readonly GateType[] = [errors, profile, latencyProfile, latency, ratio, query, http]

/** findGateType gives the type of a name among `types`; null where there is none. */
export function findGateType(name: string, types: readonly GateType[] = gateTypes): GateType | null {
  return types.find(({ type }) => type === name) ?? null
}
