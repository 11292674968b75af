import type { EngineConfig } from '../config.ts'

/**
 * NoiseGuard keeps evidence that compares the sides from being proof while their rates wander by themselves, until
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

/** updateNoiseGuard adds a block of both sides with `bc + bs > 0`; `noisy` is the flag after that block. */
export function updateNoiseGuard(
  guard: NoiseGuard,
  config: EngineConfig,
  nc: number,
  bc: number,
  ns: number,
  bs: number,
  noisy: boolean,
): void {
  const weighted = nc * config.abortRatio
  const beyond = bc - ((bc + bs) * weighted) / (weighted + ns)
  guard.drift = config.lockMemory * guard.drift + beyond
  guard.squares = config.lockMemory * config.lockMemory * guard.squares + beyond * beyond
  guard.flags[guard.oldest] = noisy
  guard.oldest = (guard.oldest + 1) % guard.flags.length
}

/** guardsAgainstNoise says whether only catastrophe and absolute limits count as proof now. */
export function guardsAgainstNoise(guard: NoiseGuard, z: number): boolean {
  return guard.flags[guard.oldest] === true && !(guard.drift >= z * Math.sqrt(guard.squares) - 1e-9)
}
