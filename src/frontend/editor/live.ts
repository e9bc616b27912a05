import { completionTarget } from "../../language/index.ts"
import type { Document } from "./documents.ts"
import type { Position } from "./place.ts"

/** What may go on at a place, as the page is asked for it. */
export interface Continuation {
  readonly chain: readonly string[]
  readonly prefix: string
  /** Where the name begins that is being typed. */
  readonly from: number
  readonly inQuotes: boolean
}

/** Elements are no code to the tokenizer: where there may be some, only the line is looked at. */
const mayHaveElements = /react$|^vue$|^svelte$/

export function continuationAt(document: Document, position: Position): Continuation | undefined {
  const offset = document.offsetAt(position)
  const block = document.blocks.find(({ from, to }) => from <= offset && offset <= to)
  if (block === undefined) return undefined
  const lineStart = document.text.lastIndexOf("\n", offset - 1) + 1
  const start = mayHaveElements.test(document.languageId) ? Math.max(block.from, lineStart) : block.from
  const target = completionTarget(document.text.slice(start, block.to), offset - start)
  return target && { ...target, from: target.from + start, inQuotes: target.quote !== undefined }
}

/** The variable and properties of it that stand at a place, up to the name there, and where that name is. */
export function chainAt(
  document: Document,
  position: Position,
): { readonly chain: readonly string[]; readonly from: number; readonly to: number } | undefined {
  const offset = document.offsetAt(position)
  const to = offset + /^[\p{ID_Continue}$]*/u.exec(document.text.slice(offset))![0].length
  const continuation = continuationAt(document, document.positionAt(to))
  if (continuation === undefined || continuation.inQuotes || continuation.prefix === "") return undefined
  const { chain, prefix, from } = continuation
  return { chain: [...chain, prefix], from, to }
}

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u

/** Names that can be written there as they are. */
export function writable(names: readonly string[], { inQuotes }: Continuation): readonly string[] {
  return names.filter((name) => (inQuotes ? !/["'\\\p{Cc}]/u.test(name) : identifier.test(name)))
}

/** The same in code that is no document. */
export function continuationIn(code: string, offset: number): Continuation | undefined {
  const target = completionTarget(code, offset)
  return target && { ...target, inQuotes: target.quote !== undefined }
}
