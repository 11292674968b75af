/** Shortest value that is taken out wherever it stands; anything shorter would tear words apart. */
const shortest = 6
/** What tokens are made of, without what parts paths, hosts and sentences. */
const tokenLike = /[A-Za-z0-9_+=-]{20,}/g

/**
 * maskSecrets takes out of text that a helper program wrote what may be a credential: each of the `known` values,
 * and each run of twenty or more characters that tokens are made of and that holds letters and digits.
 */
export function maskSecrets(text: string, known: readonly string[] = []): string {
  const without = known
    .filter((value) => value.length >= shortest)
    .sort((a, b) => b.length - a.length)
    .reduce((rest, value) => rest.replaceAll(value, '***'), text)
  return without.replace(tokenLike, (run) => (/\d/.test(run) && /[A-Za-z]/.test(run) ? '***' : run))
}
