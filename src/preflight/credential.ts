import { formatDuration } from '../release/text/duration.ts'
import type { Check } from './check.ts'

/** credential asks whether the credential outlives the longest way that the release can take. */
export const credential: Check = {
  id: 'credential',
  question: 'Does the credential last as long as the release may?',
  find({ tokenExpiry, now, longestRelease: longestWay }) {
    if (tokenExpiry === null || tokenExpiry >= now + longestWay) return []
    return [
      {
        level: 'warning',
        text: `The cluster credential ends in ${formatDuration(tokenExpiry - now)}, the release may take ${formatDuration(longestWay)}. It is read again when the cluster refuses it; if nothing newer is there then, the release stops where it is.`,
        remedy: 'Use a credential that lasts longer, or one that renews itself (exec plugin, token file).',
      },
    ]
  },
}
