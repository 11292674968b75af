import { istioRouteFiles } from '../routing/istio/yaml/render.ts'
import type { RouteFiles } from '../routing/route-files.ts'

export { createIstioRouting as createRouting } from '../routing/istio/istio-routing.ts'

/** routeFiles edits the objects of the backend that moves traffic. */
export const routeFiles: RouteFiles = istioRouteFiles
