import type { Check } from './check.ts'

/** permissions asks whether every call that the release will make is allowed: before the first write, not at it. */
export const permissions: Check = {
  id: 'permissions',
  question: 'May this account do all that a release needs?',
  find({ permissions }) {
    return permissions
      .filter((permission) => permission.allowed !== true)
      .map(({ verb, group, resource, namespace, allowed }) => {
        const what = `${verb} ${resource}${group ? `.${group}` : ''} in namespace ${namespace}`
        return allowed === null
          ? { level: 'skipped' as const, text: `Whether it may ${what} could not be asked.`, remedy: null }
          : {
              level: 'error' as const,
              text: `It may not ${what}.`,
              remedy: 'Apply the Role from the README to this account.',
            }
      })
  },
}
