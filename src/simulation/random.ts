/** Random is a source of chance that its seed repeats. */
export interface Random {
  /** next gives a number in [0, 1) with 53 random bits. */
  next(): number
  /** fork gives an independent source named after `label`: what one part draws does not move another's luck. */
  fork(label: string): Random
}

/**
 * createRandom makes a generator from a seed: sfc32 (C. Doty-Humphrey, PractRand), seeded by hashing, so that
 * near seeds give unlike streams.
 */
export function createRandom(seed: number | string): Random {
  const text = String(seed)
  let a = hashText(text, 0x9e3779b9)
  let b = hashText(text, 0x243f6a88)
  let c = hashText(text, 0xb7e15162)
  let counter = 1
  const word = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (let warmup = 0; warmup < 12; warmup += 1) word()
  return {
    next: () => ((word() >>> 5) * 67108864 + (word() >>> 6)) / 9007199254740992,
    fork: (label) => createRandom(`${text}/${label}`),
  }
}

/** hashText mixes a text into 32 bits (murmur3's finish over an FNV-1a pass). */
export function hashText(text: string, salt: number): number {
  let hash = (0x811c9dc5 ^ salt) | 0
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
