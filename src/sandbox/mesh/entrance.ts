import { type LoopbackServer, listen } from '../http/http.ts'
import type { DataPlane } from './data-plane.ts'

/**
 * serveMesh lets real HTTP requests into the mesh: each is one call of the service through the first caller's
 * proxy, at the present virtual time. It is answered with the code that the caller would see; the headers
 * `x-version` (of the pod that was chosen) and `x-envoy-response-flags` say who answered.
 */
export function serveMesh(mesh: DataPlane): Promise<LoopbackServer> {
  return listen(async (request, response) => {
    request.resume()
    const { code, flag, version } = mesh.call()
    // A client that went away gets no code.
    if (code === '0') {
      response.destroy()
      return
    }
    response.writeHead(Number(code), {
      'content-length': '0',
      'x-envoy-response-flags': flag,
      ...(version === null ? {} : { 'x-version': version }),
    })
    response.end()
  })
}
