import type { FromRuntime, Said } from "./messages.ts"

type Counted = Pick<Said<FromRuntime, "console">, "seq" | "kind" | "dropped">
type News<Line> = Omit<Line, "dropped"> & Pick<Counted, "dropped">

/**
 * A console line as it is to whoever has had those of its session up to `last`, with the number of those between that
 * never came. A runtime says its lines again after each welcome until they are acknowledged: undefined where it is no news.
 *
 * @param last - undefined where nobody knows how many there were
 */
export function newsOfLine<Line extends Counted>(line: Line, last: number | undefined): News<Line> | undefined {
  if (last === undefined) return line
  if (line.seq <= last) return undefined
  // The runtime's own number counts from the last line that it knows to be here.
  const missing = line.seq - last - (line.kind === "dropped" ? 0 : 1)
  return { ...line, dropped: missing || undefined }
}
