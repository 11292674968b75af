import type { EngineConfig } from '../config.ts'

/**
 * NoiseGuard keeps evidence that compares the arms from being proof while their rates wander by themselves, until
 * they drift apart by more than wandering explains.
 */
export interface NoiseGuard {
  /** Flags of wandering, a ring, oldest at `oldest`: used late, so that a jump doesn't hide itself. */
  readonly flags: boolean[]
  oldest: number
  /** Drift of the canary beyond the abort line, fading, and its squares. */
  drift: number
  squares: number
}

/** createNoiseGuard fills the queue with what the calibration says. */
export function createNoiseGuard(noiseLag: number, noisy: boolean): NoiseGuard {
  return { flags: new Array<boolean>(noiseLag).fill(noisy), oldest: 0, drift: 0, squares: 0 }
}

/** updateNoiseGuard adds a block of both arms with `bc + bs > 0`; `noisy` is the flag after that block. */
export function updateNoiseGuard(
  lock: NoiseGuard,
  config: EngineConfig,
  nc: number,
  bc: number,
  ns: number,
  bs: number,
  noisy: boolean,
): void {
  const weighted = nc * config.abortRatio
  const beyond = bc - ((bc + bs) * weighted) / (weighted + ns)
  lock.drift = config.lockMemory * lock.drift + beyond
  lock.squares = config.lockMemory * config.lockMemory * lock.squares + beyond * beyond
  lock.flags[lock.oldest] = noisy
  lock.oldest = (lock.oldest + 1) % lock.flags.length
}

/** guardsAgainstNoise tells whether only catastrophe and absolute limits count as proof now. */
export function guardsAgainstNoise(lock: NoiseGuard, lockZ: number): boolean {
  return lock.flags[lock.oldest] === true && !(lock.drift >= lockZ * Math.sqrt(lock.squares) - 1e-9)
}
