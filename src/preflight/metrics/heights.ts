/** fewRequests may come between the scrapes of two series that count the same requests, however few there are in all. */
export const fewRequests = 3
const closeShare = 0.05

/** isClose tells whether what two series of the same requests differ by, of `height`, may have come between their scrapes. */
export function isClose(difference: number, height: number): boolean {
  return Math.abs(difference) <= Math.max(fewRequests, closeShare * height)
}
