import { createHash } from 'node:crypto'

/** ImageName is an image reference taken apart, as the container runtime reads it. */
interface ImageName {
  /** Registry and path: `ghcr.io/octo/my-api`. */
  repository: string
  tag: string | null
  /** `sha256:…`; null where the reference names none. */
  digest: string | null
}

const reference =
  /^(?<repository>[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?::[0-9]+)?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*)(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(?<digest>[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-f]{32,}))?$/

/** Longest reference that is looked at; a registry's own limits are far lower. */
const longestReference = 512
/** Longest value of a label. */
const longestLabel = 63

/** parseImage reads an image reference; null where it is none. */
export function parseImage(text: string): ImageName | null {
  if (text.length > longestReference) return null
  // Registries may be written in capitals, paths may not.
  const [registry = '', ...path] = text.split('/')
  const lowered = path.length === 0 ? text : [registry.toLowerCase(), ...path].join('/')
  const groups = reference.exec(lowered)?.groups
  if (groups === undefined) return null
  // `host:5000` alone would be a registry without a path; Docker reads it as a name with a tag.
  return { repository: groups.repository ?? '', tag: groups.tag ?? null, digest: groups.digest ?? null }
}

/**
 * versionOfImage names the version that an image is: its tag, else twelve digits of its digest, as the value of a
 * label. An image with neither is what the runtime takes it for, `latest`.
 */
export function versionOfImage({ tag, digest }: ImageName): string {
  if (tag !== null) return toLabelValue(tag)
  return digest === null ? 'latest' : (digest.split(':')[1] ?? '').slice(0, 12)
}

/**
 * versionBeside is the same, told apart from the version of another image: two images can carry one tag, and are
 * two versions all the same.
 */
export function versionBeside(
  image: string,
  name: ImageName,
  other: { image: string; version: string },
): string {
  const version = versionOfImage(name)
  if (version !== other.version || image === other.image) return version
  return toLabelValue(`${version}-${shortHash(image)}`)
}

/**
 * versionInFlight names the version that a request for an image is about while a release is in flight: that release's
 * own where it asks for the very same, else another one.
 */
export function versionInFlight(
  asked: string,
  version: string | null,
  own: { image: string; version: string },
): string {
  if (asked === own.image && (version === null || version === own.version)) return own.version
  const [first = ''] = asked.split(',')
  const image = first.slice(first.indexOf('=') + 1)
  const name = parseImage(image)
  const other = version ?? (name === null ? '' : versionOfImage(name))
  return other === own.version ? toLabelValue(`${other}-${shortHash(asked)}`) : other
}

/**
 * toLabelValue makes a text the value of a label: letters, digits, `-`, `_`, `.`, at most 63, letter or digit at both
 * ends. What had to be cut or replaced ends in a hash of the text, so that two texts never become one.
 */
export function toLabelValue(text: string): string {
  if (/^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)$/.test(text)) return text
  const plain = text.replace(/[^-A-Za-z0-9_.]/g, '-').replace(/^[^A-Za-z0-9]+/, '')
  const head = plain.slice(0, longestLabel - 9).replace(/[^A-Za-z0-9]+$/, '')
  return head === '' ? `v-${shortHash(text)}` : `${head}-${shortHash(text)}`
}

/** toObjectName makes a text part of an object's name: lower case letters, digits and `-`, `length` characters at most. */
export function toObjectName(text: string, length: number): string {
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, '-')
    .replace(/^-+|-+$/g, '')
  if (plain === text && plain.length <= length) return plain
  const fits = plain.length <= length && plain === text.toLowerCase().replace(/[._]/g, '-')
  if (fits && plain !== '') return plain
  return `${plain.slice(0, Math.max(0, length - 9)).replace(/-+$/, '') || 'v'}-${shortHash(text)}`
}

/** shortHash gives eight hex digits that stand for a text. */
function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}
