import { Failure } from '../../release/failure.ts'

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

/** checkDnsLabel gives `text` back when it is a DNS label (namespaces, Services); else Failure `invalid-input`. */
export function checkDnsLabel(text: string, what: string): string {
  if (label.test(text)) return text
  throw invalid(text, what, 'lower-case letters, digits and `-`, at most 63')
}

/** checkObjectName gives `text` back when it is a DNS subdomain (most objects' names); else Failure `invalid-input`. */
export function checkObjectName(text: string, what: string): string {
  if (text.length <= 253 && subdomain.test(text)) return text
  throw invalid(text, what, 'lower-case letters, digits, `-` and `.`, at most 253')
}

/** checkServicePort gives `port` back when it is a port number or a port's name; else Failure `invalid-input`. */
export function checkServicePort(port: string | number, what: string): string {
  const text = String(port)
  if (/^\d+$/.test(text) ? Number(text) >= 1 && Number(text) <= 65_535 : label.test(text)) return text
  throw invalid(text, what, 'a number from 1 to 65535, or the name of a port')
}

function invalid(text: string, what: string, allowed: string): Failure {
  return new Failure(
    'invalid-input',
    `${what} ${JSON.stringify(text.slice(0, 80))} is not a name: ${allowed}`,
    {
      details: { field: what },
    },
  )
}
