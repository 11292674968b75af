/** WrittenSeries is one series to write: null values become staleness markers. */
export interface WrittenSeries {
  labels: Readonly<Record<string, string>>
  /** ms since the epoch, ascending. */
  times: readonly number[]
  values: readonly (number | null)[]
}

/** Bits of the NaN that Prometheus takes for a staleness marker. */
const staleMarker = Buffer.from([0x02, 0, 0, 0, 0, 0, 0xf0, 0x7f])

/**
 * remoteWrite sends series to a Prometheus that receives remote writes (version 1 of the protocol), slice by
 * slice of time, as the receiver takes no samples that are much older than its newest.
 */
export async function remoteWrite(url: string, series: readonly WrittenSeries[]): Promise<void> {
  const slice = 600_000
  const times = series.flatMap((one) => [one.times[0] ?? Number.POSITIVE_INFINITY, one.times.at(-1) ?? 0])
  for (let from = Math.min(...times); from <= Math.max(...times); from += slice) {
    const body = snappy(writeRequest(series, from, from + slice))
    const answer = await fetch(`${url}/api/v1/write`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-protobuf',
        'content-encoding': 'snappy',
        'x-prometheus-remote-write-version': '0.1.0',
      },
      body: new Uint8Array(body),
    })
    if (!answer.ok) throw new Error(`remote write: ${answer.status} ${await answer.text()}`)
    await answer.body?.cancel()
  }
}

function writeRequest(series: readonly WrittenSeries[], from: number, until: number): Buffer {
  const parts: Buffer[] = []
  for (const one of series) {
    const samples = one.times.flatMap((time, index) =>
      time >= from && time < until ? [sampleOf(time, one.values[index] ?? null)] : [],
    )
    if (samples.length === 0) continue
    const labels = Object.entries(one.labels)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) =>
        field(1, Buffer.concat([field(1, Buffer.from(name)), field(2, Buffer.from(value))])),
      )
    parts.push(field(1, Buffer.concat([...labels, ...samples])))
  }
  return Buffer.concat(parts)
}

function sampleOf(time: number, value: number | null): Buffer {
  const bits = Buffer.alloc(8)
  if (value === null) staleMarker.copy(bits)
  else bits.writeDoubleLE(value)
  return field(2, Buffer.concat([Buffer.from([0x09]), bits, Buffer.from([0x10]), varint(BigInt(time))]))
}

function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2]), varint(BigInt(content.length)), content])
}

function varint(value: bigint): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return Buffer.from(bytes)
}

/** snappy frames bytes as literals only: valid, if not smaller. */
function snappy(content: Buffer): Buffer {
  const parts = [varint(BigInt(content.length))]
  for (let at = 0; at < content.length; at += 65536) {
    const chunk = content.subarray(at, at + 65536)
    const length = chunk.length - 1
    parts.push(Buffer.from([61 << 2, length & 255, length >> 8]), chunk)
  }
  return Buffer.concat(parts)
}
