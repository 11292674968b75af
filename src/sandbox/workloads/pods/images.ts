import { hashText } from '../../../simulation/random.ts'

/** Images is what the registry holds. */
export interface Images {
  /** idOf gives an image as the container runtime names it once it is pulled: repository and digest. */
  idOf(image: string): string
  /** push gives a name another content from now on; pods that run keep theirs. */
  push(image: string): void
}

/** createImages makes a registry that holds every image, but those whose tag says `missing`. */
export function createImages(): Images {
  const pushes = new Map<string, number>()
  return {
    idOf(image) {
      const full = fullName(image)
      const [repository = '', digest] = full.split('@')
      if (digest !== undefined) return `${withoutTag(repository)}@${digest}`
      return `${withoutTag(full)}@sha256:${digestOf(image, pushes.get(image) ?? 0)}`
    },
    push(image) {
      pushes.set(image, (pushes.get(image) ?? 0) + 1)
    },
  }
}

/** isMissing tells whether the registry has no such image: its tag says so. */
export function isMissing(image: string): boolean {
  return (tagOf(image) ?? '').includes('missing')
}

/** pullError is what the kubelet says of an image that isn't there. */
export function pullError(image: string): string {
  const name = fullName(image)
  const tagged = tagOf(name) === null && !name.includes('@') ? `${name}:latest` : name
  return (
    `rpc error: code = NotFound desc = failed to pull and unpack image "${tagged}": ` +
    `failed to resolve reference "${tagged}": ${tagged}: not found`
  )
}

/** fullName writes out the registry and the library that a short name leaves out. */
function fullName(image: string): string {
  const [first = '', ...rest] = image.split('/')
  if (rest.length === 0) return `docker.io/library/${image}`
  return /[.:]/.test(first) || first === 'localhost' ? image : `docker.io/${image}`
}

/** tagOf gives an image's tag; null where it has none. A registry's port is no tag. */
function tagOf(image: string): string | null {
  const name = (image.split('@')[0] ?? '').split('/').at(-1) ?? ''
  const at = name.indexOf(':')
  return at < 0 ? null : name.slice(at + 1)
}

function withoutTag(image: string): string {
  const tag = tagOf(image)
  return tag === null ? image : image.slice(0, -tag.length - 1)
}

function digestOf(image: string, pushes: number): string {
  const text = pushes === 0 ? image : `${image}#${pushes}`
  return [1, 2, 3, 4, 5, 6, 7, 8].map((salt) => hashText(text, salt).toString(16).padStart(8, '0')).join('')
}
