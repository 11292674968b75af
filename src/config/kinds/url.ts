import type { OptionCodec } from './codec.ts'

/** A Service behind the API server's proxy; no port means 9090. */
const servicePort = /^k8s:\/\/[a-z0-9-]+\/[a-z0-9-]+(:[a-z0-9-]+)?\/?(\?scheme=https?)?$/

/** url takes an address without credentials; that of Prometheus may be one behind the API server too. */
export const url: OptionCodec<string> = {
  fromText(text, option) {
    const schemes = option.name === 'prometheus-url' ? ['http:', 'https:', 'k8s:'] : ['http:', 'https:']
    const shown = schemes.map((scheme) => `${scheme}//`).join(', ')
    if (!URL.canParse(text)) return { wrong: `is not an address: it begins with one of ${shown}` }
    const parsed = new URL(text)
    if (!schemes.includes(parsed.protocol)) return { wrong: `is not an address of the kind ${shown}` }
    if (parsed.username !== '' || parsed.password !== '') {
      const wrong = 'holds credentials: give them by options of their own, so that they stay out of logs'
      return { wrong, hide: true }
    }
    if (parsed.protocol === 'k8s:') {
      if (servicePort.test(text)) return { value: text }
      return { wrong: 'names no Service: write k8s://<namespace>/<service>:<port>' }
    }
    if (parsed.search !== '' || parsed.hash !== '')
      return { wrong: 'has a "?" or "#": give the bare address' }
    return { value: text.replace(/\/+$/, '') }
  },
  schema: () => ({ type: 'string', pattern: '^(https?|k8s)://' }),
}
