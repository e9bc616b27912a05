import type { Evaluation } from "../frontend.ts"

/** As in a document: both from 0. */
export interface Position {
  readonly line: number
  readonly character: number
}

/** Where in its code an eval went wrong, in the document; undefined where that is not known. */
export function placeOf({ outcome, result }: Evaluation, origin: Position): Position | undefined {
  const at = outcome === "refused" ? result : outcome === "thrown" ? topOf(result.stack) : undefined
  if (at?.line === undefined || at.column === undefined) return undefined
  return {
    line: origin.line + at.line - 1,
    character: at.column - 1 + (at.line === 1 ? origin.character : 0),
  }
}

/** The innermost frame that is in the input itself. */
function topOf(stack: string | undefined): { readonly line: number; readonly column: number } | undefined {
  const [, line, column] = /(?<![\w-])repl:(\d+):(\d+)/.exec(stack ?? "") ?? []
  return line === undefined ? undefined : { line: Number(line), column: Number(column) }
}
