import http from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

interface Proxy {
  port: number
  seen: { target: string; authorization: string | undefined }[]
  close: () => Promise<void>
}

/** startProxy starts an HTTP proxy that tunnels CONNECT and notes who asked for what. */
export async function startProxy(): Promise<Proxy> {
  const seen: Proxy['seen'] = []
  const sockets = new Set<Socket>()
  const server = http.createServer()
  server.on('connect', (request, socket: Socket) => {
    seen.push({ target: request.url ?? '', authorization: request.headers['proxy-authorization'] })
    const [host, port] = (request.url ?? '').split(':')
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      upstream.pipe(socket).pipe(upstream)
    })
    for (const each of [socket, upstream]) {
      sockets.add(each)
      each.on('error', () => each.destroy())
    }
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
