import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Pair {
  certificate: string
  key: string
}

/** makeAuthority makes a CA that signs certificates; everything is fresh and thrown away after the tests. */
export function makeAuthority(): { ca: Pair; sign: (name: string, san: string) => Pair } {
  const ca = selfSigned('shiftgate test CA')
  return { ca, sign: (name, san) => signed(ca, name, san) }
}

function selfSigned(name: string): Pair {
  return inFolder((folder) => {
    openssl(
      folder,
      'req',
      '-x509',
      ...curve,
      '-keyout',
      'key',
      '-out',
      'crt',
      '-subj',
      `/CN=${name}`,
      '-days',
      '2',
    )
    return read(folder)
  })
}

function signed(ca: Pair, name: string, san: string): Pair {
  return inFolder((folder) => {
    writeFileSync(join(folder, 'ca.crt'), ca.certificate)
    writeFileSync(join(folder, 'ca.key'), ca.key)
    writeFileSync(join(folder, 'ext'), `subjectAltName=${san}\n`)
    openssl(folder, 'req', ...curve, '-keyout', 'key', '-out', 'csr', '-subj', `/CN=${name}`)
    openssl(
      folder,
      ...['x509', '-req', '-in', 'csr', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'],
      ...['-out', 'crt', '-days', '2', '-extfile', 'ext'],
    )
    return read(folder)
  })
}

const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

function openssl(folder: string, ...args: string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
}

function read(folder: string): Pair {
  return {
    certificate: readFileSync(join(folder, 'crt'), 'utf8'),
    key: readFileSync(join(folder, 'key'), 'utf8'),
  }
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'shiftgate-tls-'))
  try {
    return work(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
