import type { KubeApi } from '../api/kube-api.ts'

/** VersionClient asks the API server about itself. Its methods throw Failure. */
export interface VersionClient {
  serverVersion(signal: AbortSignal): Promise<{ major: string; minor: string; gitVersion: string }>
  /** serverTime gives the API server's clock, to the second, in ms since the epoch; null where it doesn't show it. */
  serverTime(signal: AbortSignal): Promise<number | null>
}

export function createVersionClient(api: KubeApi): VersionClient {
  return {
    serverVersion: async (signal) => {
      const { major, minor, gitVersion } = await api.read('/version', signal)
      return { major: String(major), minor: String(minor), gitVersion: String(gitVersion) }
    },
    serverTime: async (signal) => {
      const { date } = await api.answer('/version', signal)
      return date === null || Number.isNaN(Date.parse(date)) ? null : Date.parse(date)
    },
  }
}
