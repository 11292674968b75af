import { sourceParts } from './literals.ts'

/**
 * Words of ours that a stranger would have to translate, with the field's word beside each: names are made without them.
 * `docs/architecture.md` has the glossary.
 */
const privateNames: Readonly<Record<string, string>> = {
  aim: 'target',
  arm: 'side',
  arms: 'sides',
  beneath: 'infrastructure',
  bets: 'likelihoods',
  blame: 'change attribution',
  burden: 'load',
  deed: 'action',
  deeds: 'actions',
  doors: 'adapters',
  excuse: 'infrastructure excuse',
  invention: 'input',
  journal: 'step states, state transitions',
  orders: 'instructions, remote command',
  portfolio: 'e-process',
  publication: 'reporting',
  rehearsal: 'dry run',
  rescue: 'recovery',
  said: 'reported',
  scene: 'scenario',
  stakes: 'thresholds',
  survey: 'preparation, operation',
  surveys: 'operations',
  told: 'reported',
  toll: 'impact',
  trial: 'pre-traffic phase',
  trials: 'pre-traffic phases',
  trouble: 'infrastructure health, unavailable',
  wish: 'request',
  workplace: 'command session',
}

/** Names that hold such a word and are the field's all the same, or are read from older states. */
const allowedNames = new Set(['infrastructureExcuse', 'InfrastructureExcuse'])

/** The same in prose: comments, sentences, documents. */
const privatePhrases =
  /\b(?:deeds?|way back|wish(?:es)?|beneath|burdens?|toll|to blame|rehears\w+|lies under|cut short|go back\?|rights to|looks at once)\b/i

/** privateNamesIn lists the names of a source's code that hold a private word, with their line and the field's word. */
export function privateNamesIn(source: string): { line: number; name: string; instead: string }[] {
  return sourceParts(source)
    .code.split('\n')
    .flatMap((text, index) =>
      (text.match(/[A-Za-z_$][\w$]*/g) ?? []).flatMap((name) => {
        const word = partsOf(name).find((part) => Object.hasOwn(privateNames, part))
        return word === undefined || allowedNames.has(name)
          ? []
          : [{ line: index + 1, name, instead: privateNames[word] as string }]
      }),
    )
}

function partsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[ _$]+/)
}

/** privatePhrasesIn lists the lines of a text that say something in private words. */
export function privatePhrasesIn(text: string): string[] {
  return text.split('\n').filter((line) => privatePhrases.test(line))
}
