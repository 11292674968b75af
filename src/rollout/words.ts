/** percent writes a share 0–1 as people read it: `12.5 %`. */
export function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`
}
