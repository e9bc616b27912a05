/** Takes what was spent at a time in milliseconds; returns for how many milliseconds nothing more should be spent. */
export type Allowance = (spent: number, now: number) => number

/** So much a second; what a second allows may be spent at once. */
export function createAllowance(perS: number): Allowance {
  let owed = 0
  let at = 0
  return (spent, now) => {
    owed = Math.max(0, owed - ((now - at) / 1000) * perS) + spent
    at = now
    return Math.max(0, ((owed - perS) / perS) * 1000)
  }
}
