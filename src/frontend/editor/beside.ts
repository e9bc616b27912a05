/** Something that stands beside lines of a document: a result, or an error. Lines count from 0. */
export interface Beside {
  readonly from: number
  readonly to: number
}

/** Of the lines from `from` on, `removed` gave way to `added`. */
export interface LineChange {
  readonly from: number
  readonly removed: number
  readonly added: number
}

export function changeBetween(before: string, after: string): LineChange {
  const [old, now] = [before.split("\n"), after.split("\n")]
  const most = Math.min(old.length, now.length)
  let from = 0
  while (from < most && old[from] === now[from]) from++
  let kept = 0
  while (kept < most - from && old.at(-1 - kept) === now.at(-1 - kept)) kept++
  return { from, removed: old.length - from - kept, added: now.length - from - kept }
}

/** By how many lines it moved; undefined where its own lines changed. */
export function moveBy({ from, to }: Beside, change: LineChange): number | undefined {
  if (to < change.from) return 0
  return from >= change.from + change.removed ? change.added - change.removed : undefined
}
