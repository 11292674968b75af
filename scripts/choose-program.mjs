import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { sourceDigest } from './source-digest.mjs'

/**
 * Jest's global setup: tests that run the program run the bundle, which starts three times as fast and is what
 * users get, where it is up to date; else lib/ as compiled. SHIFTGATE_PROGRAM overrules both. What Node compiles of
 * either is kept from one process to the next.
 */
export default function chooseProgram() {
  process.env.NODE_COMPILE_CACHE ??= resolve('node_modules/.cache/shiftgate')
  if (process.env.SHIFTGATE_PROGRAM !== undefined) return
  if (bundledDigest() === sourceDigest()) process.env.SHIFTGATE_PROGRAM = 'dist/index.js'
}

function bundledDigest() {
  try {
    return JSON.parse(readFileSync('dist/package.json', 'utf8')).sources
  } catch {
    return null
  }
}
