import type { KubeObject } from '../../release/kubernetes.ts'
import { type MeshPod, podOf } from '../mesh/proxies/pod.ts'
import type { ExposedSample, Labels, ScrapeTarget } from '../prometheus/target.ts'
import type { NodePressure } from '../scenarios/scenario.ts'
import type { Store } from './store.ts'

/** Scheduling periods a second, as CFS has them. */
const periodsPerSecond = 10
const cpus = ['0', '1']

/** Machines are the nodes' exporters and the kubelets' container metrics, as Prometheus would scrape them. */
interface Machines {
  targets(): ScrapeTarget[]
}

interface MachineOptions {
  store: Store
  /** now gives virtual time in ms since the epoch. */
  now(): number
  /** ms since the epoch of the strains' second 0. */
  origin: number
  strains: readonly NodePressure[]
}

/** createMachines measures the nodes of a store: their CPUs, and how often containers were throttled. */
export function createMachines(options: MachineOptions): Machines {
  const measured: Measured = { ...options, labelled: keepLabels() }
  return {
    targets: () =>
      options.store.list('Node').flatMap((node): ScrapeTarget[] => {
        const { name } = node.metadata
        const address = addressOf(node)
        return [
          {
            labels: { job: 'node-exporter', instance: `${address}:9100` },
            scrape: () => nodeSamples(measured, name),
          },
          {
            labels: { job: 'kubelet', instance: `${address}:10250` },
            scrape: () => containerSamples(measured, name),
          },
        ]
      }),
  }
}

interface Measured extends MachineOptions {
  labelled(labels: Record<string, string>): Labels
}

/** keepLabels gives labels that stay one object while their sample lives: that is how a scraper knows it again. */
function keepLabels(): Measured['labelled'] {
  const known = new Map<string, Labels>()
  return (labels) => {
    const key = JSON.stringify(labels)
    const found = known.get(key) ?? labels
    known.set(key, found)
    return found
  }
}

function nodeSamples({ strains, now, origin, labelled }: Measured, node: string): ExposedSample[] {
  const stolen = strainedSeconds(strains, (now() - origin) / 1000, (strain) => strain.steal ?? 0)
  const life = now() / 1000
  const modes = { steal: stolen, user: (life - stolen) * 0.3, idle: (life - stolen) * 0.7 }
  return [
    ...cpus.flatMap((cpu) =>
      Object.entries(modes).map(([mode, value]) => ({
        labels: labelled({ __name__: 'node_cpu_seconds_total', cpu, mode }),
        value,
      })),
    ),
    { labels: labelled({ __name__: 'node_uname_info', nodename: node }), value: 1 },
  ]
}

function containerSamples(measured: Measured, node: string): ExposedSample[] {
  return measured.store
    .list('Pod')
    .filter((object) => object.spec?.nodeName === node)
    .flatMap((object) => {
      const pod = podOf(object)
      return pod === null
        ? []
        : containersOf(object).flatMap((container) => throttleSamples(measured, pod, container))
    })
}

function throttleSamples(
  { strains, now, origin, labelled }: Measured,
  pod: MeshPod,
  container: string,
): ExposedSample[] {
  const of = { namespace: pod.namespace, pod: pod.name, container }
  const throttled = strainedSeconds(strains, (now() - origin) / 1000, ({ throttled: strain }) =>
    strain?.container === container && strain.version === pod.labels.version ? strain.share : 0,
  )
  return [
    {
      labels: labelled({ __name__: 'container_cpu_cfs_periods_total', ...of }),
      value: (now() / 1000) * periodsPerSecond,
    },
    {
      labels: labelled({ __name__: 'container_cpu_cfs_throttled_periods_total', ...of }),
      value: throttled * periodsPerSecond,
    },
  ]
}

/** strainedSeconds adds up the time that strains took until a moment, each by its share. */
function strainedSeconds(
  strains: readonly NodePressure[],
  at: number,
  shareOf: (strain: NodePressure) => number,
): number {
  return strains.reduce((sum, strain) => {
    const lasted = Math.min(at, strain.until) - strain.from
    return sum + Math.max(0, lasted) * shareOf(strain)
  }, 0)
}

function containersOf(object: KubeObject): string[] {
  const { containers = [], initContainers = [] } = (object.spec ?? {}) as {
    containers?: { name: string }[]
    initContainers?: { name: string }[]
  }
  return [...containers, ...initContainers].map(({ name }) => name)
}

function addressOf(node: KubeObject): string {
  const { addresses = [] } = (node.status ?? {}) as { addresses?: { type: string; address: string }[] }
  return addresses.find(({ type }) => type === 'InternalIP')?.address ?? node.metadata.name
}
