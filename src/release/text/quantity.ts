const units: Readonly<Record<string, number>> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/** parseQuantity reads a Kubernetes quantity (`250m`, `1.5Gi`, `1e3`, 3); null for what is none. */
export function parseQuantity(value: unknown): number | null {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i|))$/.exec(String(value))
  if (match === null) return null
  const [, digits = '', exponent = '', unit = ''] = match
  return Number(`${digits}${exponent}`) * (units[unit] as number)
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
