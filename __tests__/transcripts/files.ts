import { join } from 'node:path'

/** fileOf gives the place of a scene's transcript. */
export const fileOf = (name: string): string => join('__tests__', 'transcripts', `${name}.txt`)
