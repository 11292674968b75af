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
  intake: 'input',
  invention: 'input',
  journal: 'step states, state transitions',
  orders: 'instructions, remote command',
  portfolio: 'e-process',
  publication: 'reporting',
  rehearsal: 'dry run',
  rehearsed: 'tried',
  remark: 'note, annotation',
  remarks: 'notes, annotations',
  rescue: 'recovery',
  said: 'reported',
  scene: 'scenario',
  stakes: 'thresholds',
  standing: 'progress, state',
  survey: 'preparation, operation',
  surveys: 'operations',
  told: 'reported',
  toll: 'impact',
  trial: 'pre-traffic phase',
  trials: 'pre-traffic phases',
  trouble: 'infrastructure health, unavailable',
  understanding: 'model',
  walked: 'target series',
  wish: 'request',
  workplace: 'command session',
}

/** Files that name what an older program wrote, or the words themselves. */
const exempt =
  /(?:release\/state\/schema-1|program\/older-state\.test|release\/state-codec\.test|private-words|structure\.test)\.ts$/

/** The same in prose: comments, sentences, documents. */
const privatePhrases =
  /\b(?:deeds?|way back|wish(?:es)?|beneath|burdens?|toll|to blame|rehears\w+|lies under|on its way back|cut short|go back\?)\b/i

/** PrivateWord is one place that says something in a private word. */
interface PrivateWord {
  line: number
  /** The name with the field's word, or the line. */
  text: string
}

/** privateNamesIn lists the names in a file's code that hold a private word. */
export function privateNamesIn(path: string, text: string): PrivateWord[] {
  if (exempt.test(path)) return []
  return sourceParts(text)
    .code.split('\n')
    .flatMap((code, index) =>
      (code.match(/[A-Za-z_$][\w$]*/g) ?? []).flatMap((name) => {
        const word = partsOf(name).find((part) => Object.hasOwn(privateNames, part))
        return word === undefined ? [] : [{ line: index + 1, text: `${name} (${privateNames[word]})` }]
      }),
    )
}

function partsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[ _$]+/)
}

/** privatePhrasesIn lists the lines of a file, of code or prose, that say something in private words. */
export function privatePhrasesIn(path: string, text: string): PrivateWord[] {
  if (exempt.test(path)) return []
  return text
    .split('\n')
    .flatMap((line, index) => (privatePhrases.test(line) ? [{ line: index + 1, text: line.trim() }] : []))
}
