import { topFormAt, type Span } from "../../language/index.ts"

/** How much of a document is meant. */
export type Extent = "selection" | "line" | "form" | "file"

export const extents: readonly Extent[] = ["selection", "line", "form", "file"]

interface Text {
  readonly text: string
  /** Where it is code. */
  readonly blocks: readonly Span[]
}

/** The code that is meant at a place, or why there is none. */
export function pieceOf(
  { text, blocks }: Text,
  extent: Extent,
  place: Span,
  eraseTypes?: (code: string) => string | undefined,
): Span | string {
  const block = blocks.find(({ from, to }) => from <= place.from && place.to <= to)
  switch (extent) {
    case "selection":
      return place.from < place.to ? place : "nothing is selected"
    case "line": {
      const from = text.lastIndexOf("\n", place.from - 1) + 1
      const end = text.indexOf("\n", place.from)
      const to = end < 0 ? text.length : end
      const meant = block ?? blocks.find((one) => one.from <= to && from <= one.to)
      if (meant === undefined) return "there is no script here"
      return trimmed(text, { from: Math.max(from, meant.from), to: Math.min(to, meant.to) }) ?? "the line is empty"
    }
    case "form": {
      if (block === undefined) return "there is no script here"
      const form = topFormAt(text.slice(block.from, block.to), place.from - block.from, eraseTypes)
      return form === undefined
        ? "there is no statement here"
        : { from: block.from + form.from, to: block.from + form.to }
    }
    case "file": {
      const meant = block ?? (blocks.length === 1 ? blocks[0] : undefined)
      if (meant === undefined) return `it has ${blocks.length} scripts: put the cursor in one`
      return trimmed(text, meant) ?? "it is empty"
    }
    default:
      return extent satisfies never
  }
}

function trimmed(text: string, { from, to }: Span): Span | undefined {
  const code = text.slice(from, to)
  const start = from + code.length - code.trimStart().length
  return code.trim() === "" ? undefined : { from: start, to: start + code.trim().length }
}
