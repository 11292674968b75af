/** labelText makes a label's value safe to show between quotes on one line, cut to `limit` characters. */
export function labelText(value: string, limit = 120): string {
  return value.replace(/[\p{Cc}\p{Cf}'"]/gu, ' ').slice(0, limit)
}
