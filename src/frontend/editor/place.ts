import type { Evaluation } from "../frontend.ts"
import { failurePlace } from "../failure-place.ts"

/** As in a document: both from 0. */
export interface Position {
  readonly line: number
  readonly character: number
}

/** Where in its code an eval went wrong, in the document; undefined where that is not known. */
export function placeOf(evaluation: Evaluation, origin: Position): Position | undefined {
  const at = failurePlace(evaluation)
  return (
    at && {
      line: origin.line + at.line - 1,
      character: at.column - 1 + (at.line === 1 ? origin.character : 0),
    }
  )
}
