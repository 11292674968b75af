interface Requirement {
  key: string
  operator: string
  values?: string[]
}

/** LabelSelector is a selector as objects carry it. */
interface LabelSelector {
  matchLabels?: Record<string, string>
  matchExpressions?: Requirement[]
}

/** selectsLabels tells whether a selector fits labels: an empty one fits all, none fits nothing. */
export function selectsLabels(
  selector: LabelSelector | undefined,
  labels: Readonly<Record<string, string>>,
): boolean {
  if (selector === undefined) return false
  const { matchLabels = {}, matchExpressions = [] } = selector
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every((requirement) => fits(requirement, labels[requirement.key]))
  )
}

function fits({ operator, values = [] }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    default:
      return value === undefined
  }
}
