import type { FromRuntime, Said } from "./messages.ts"

type Counted = Pick<Said<FromRuntime, "console">, "seq" | "kind" | "dropped">

/**
 * A console line as it is to whoever has had those of its session up to `last`, or none: a runtime says its lines again
 * after each welcome until they are acknowledged. Undefined where it is no news.
 */
export function newsOf<Line extends Counted>(line: Line, last: number | undefined): Line | undefined {
  if (last === undefined) return line
  if (line.seq <= last) return undefined
  if (line.dropped === undefined) return line
  // The runtime counts from the last line that it knows to be here; some that it counts as dropped may have come since.
  const most = line.seq - last - (line.kind === "dropped" ? 0 : 1)
  return { ...line, dropped: Math.min(line.dropped, most) }
}
