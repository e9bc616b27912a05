import type { Edits } from "./edits.ts"
import type { Names } from "./scope.ts"
import { guard } from "./sites.ts"

/** Makes each turn of a loop ask the runtime, which ends a loop that blocks the page for longer than the limit. */
export function guardLoops({ loopBodies }: Names, limitMs: number, edits: Edits): void {
  const ask = `${guard}.c(${limitMs});`
  for (const { type, start, end } of loopBodies) {
    if (type === "BlockStatement") edits.open(start + 1, ask)
    else {
      edits.open(start, `{${ask}`)
      edits.close(end, "}")
    }
  }
}
