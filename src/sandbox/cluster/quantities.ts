const units: Record<string, number> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
}

/** parseQuantity reads a Kubernetes quantity (`250m`, `1.5Gi`, 3); 0 for what is none. */
export function parseQuantity(value: unknown): number {
  const match = /^(\d+(?:\.\d+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti|)$/.exec(String(value))
  return match === null ? 0 : Number(match[1]) * (units[match[2] as string] as number)
}

/** formatCpu writes CPUs as the API does: whole ones plainly, parts in thousandths. */
export function formatCpu(cpus: number): string {
  const milli = Math.round(cpus * 1000)
  return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`
}

/** formatBytes writes bytes in the largest binary unit that leaves a whole number. */
export function formatBytes(bytes: number): string {
  const whole = Math.round(bytes)
  for (const unit of ['Ti', 'Gi', 'Mi', 'Ki']) {
    const size = units[unit] as number
    if (whole >= size && whole % size === 0) return `${whole / size}${unit}`
  }
  return String(whole)
}
