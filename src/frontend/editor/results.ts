import type { Evaluation } from "../frontend.ts"
import { changeBetween, moveBy } from "./beside.ts"
import type { Document, Range } from "./documents.ts"
import { placeOf, type Position } from "./place.ts"
import { textsOf } from "./text.ts"

/** What is shown beside the lines of a piece of code that was evaluated; not there yet while it runs. */
interface Result {
  /** Lines, from 0. */
  from: number
  to: number
  shown?: { readonly line: string; readonly text: string; readonly problem: Problem | undefined }
}

/** Where something went wrong: a place, with its line counted from the result's first one. */
interface Problem {
  readonly at: Position
  readonly width: number
}

export interface ShownResult {
  readonly to: number
  readonly line: string
  readonly text: string
  readonly problem: Range | undefined
}

/** The results beside the lines of all documents. A result goes when its lines change, and moves when others do. */
export class Results {
  readonly #byUri = new Map<string, Set<Result>>()

  of(uri: string): readonly ShownResult[] {
    return [...(this.#byUri.get(uri) ?? [])].flatMap(({ from, to, shown }) => {
      if (shown === undefined) return []
      const { line, text, problem } = shown
      return { to, line, text, problem: problem && rangeOf(problem, from) }
    })
  }

  /** Returns the function that shows the outcome; false where its lines have changed meanwhile. */
  begin(uri: string, { start, end }: Range): (document: Document, evaluation: Evaluation) => boolean {
    const results = this.#byUri.get(uri) ?? new Set()
    this.#byUri.set(uri, results)
    for (const other of results) if (other.from <= end.line && start.line <= other.to) results.delete(other)
    const result: Result = { from: start.line, to: end.line }
    results.add(result)
    return (document, evaluation) => {
      if (!this.#byUri.get(uri)?.has(result)) return false
      const at = placeOf(evaluation, { line: 0, character: start.character })
      const failed = evaluation.outcome === "thrown" || evaluation.outcome === "refused"
      const place = at ?? { line: 0, character: start.character }
      const width = widthAt(document, { ...place, line: place.line + result.from })
      result.shown = { ...textsOf(evaluation), problem: failed ? { at: place, width } : undefined }
      return true
    }
  }

  changed({ uri, text }: Document, before: string): void {
    const results = this.#byUri.get(uri)
    if (results === undefined || results.size === 0) return
    const change = changeBetween(before, text)
    for (const result of results) {
      const by = moveBy(result, change)
      if (by === undefined) results.delete(result)
      else {
        result.from += by
        result.to += by
      }
    }
  }

  clear(uri: string): void {
    this.#byUri.delete(uri)
  }
}

function rangeOf({ at, width }: Problem, firstLine: number): Range {
  const start = { line: firstLine + at.line, character: at.character }
  return { start, end: { ...start, character: start.character + width } }
}

/** Of the word that stands there. */
function widthAt({ text, offsetAt }: Document, position: Position): number {
  const offset = offsetAt(position)
  return Math.max(1, /^[\p{ID_Continue}$]*/u.exec(text.slice(offset, offset + 100))![0].length)
}
