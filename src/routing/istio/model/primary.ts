import type { ObjectRef } from '../../../release/kubernetes.ts'
import type { HostRoute } from './host-route.ts'
import type { Scope } from './pair.ts'
import { refOf } from './rule.ts'
import { byAge } from './virtual-service.ts'

/** primaryOf chooses the object that holds the state: mesh before gateway, the Service's namespace, then age. */
export function primaryOf(routes: readonly HostRoute[], scope: Scope): ObjectRef | null {
  const rank = (route: HostRoute) =>
    (route.mesh ? 0 : 2) + (refOf(route.object).namespace === scope.namespace ? 0 : 1)
  const [first] = [...routes].sort(
    (left, right) => rank(left) - rank(right) || byAge(left.object, right.object),
  )
  return first === undefined ? null : refOf(first.object)
}
