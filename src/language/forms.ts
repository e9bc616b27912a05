import { lastUpTo, lineStarts } from "./lines.ts"
import { parse } from "./parse.ts"

/** A stretch of a text, by offsets. */
export interface Span {
  readonly from: number
  readonly to: number
}

type EraseTypes = (code: string) => string | undefined

/**
 * The statements at the top of a text, in order. Of what is no JavaScript once
 * its types are gone, whole lines: only those stay where they are.
 */
export function topForms(code: string, eraseTypes?: EraseTypes): readonly Span[] {
  const spans = spansOf(code)
  if (spans !== undefined) return spans
  const erased = eraseTypes?.(code)
  const lines = erased === undefined ? undefined : spansOf(erased)
  if (lines === undefined) return paragraphs(code)
  return joined(lines.map((span) => sameLines(span, lineStarts(erased!), code)))
}

/** The statement at the top that a cursor stands in; beside or below one, that one. */
export function topFormAt(code: string, offset: number, eraseTypes?: EraseTypes): Span | undefined {
  const forms = topForms(code, eraseTypes)
  const holding = forms.find(({ from, to }) => from <= offset && offset <= to)
  if (holding !== undefined) return holding
  const starts = lineStarts(code)
  const lineEnd = starts[lastUpTo(starts, offset, (start) => start) + 1] ?? code.length + 1
  return forms.findLast(({ from }) => from < lineEnd)
}

function spansOf(code: string): readonly Span[] | undefined {
  const program = parse(code.replace(/^#!/, "//"))
  if ("message" in program) return undefined
  return program.body.filter(({ type }) => type !== "EmptyStatement").map(({ start: from, end: to }) => ({ from, to }))
}

/** The lines of `code` that a span takes up in a text with the same lines. */
function sameLines({ from, to }: Span, starts: readonly number[], code: string): Span {
  const line = (offset: number): number => lastUpTo(starts, offset, (start) => start)
  return trimmed(code, line(from), line(to))
}

function trimmed(code: string, firstLine: number, lastLine: number): Span {
  const starts = lineStarts(code)
  const text = code.slice(starts[firstLine], starts[lastLine + 1] ?? code.length)
  const from = starts[firstLine]! + text.length - text.trimStart().length
  return { from, to: from + text.trim().length }
}

/** Two on the same line are one. */
function joined(spans: readonly Span[]): readonly Span[] {
  return spans.filter(({ from }, index) => index === 0 || from >= spans[index - 1]!.to)
}

/** In a text that is not whole, what begins at the margin and goes on to the last line before the next that does. */
function paragraphs(code: string): readonly Span[] {
  const starts = lineStarts(code)
  const begins = starts.flatMap((start, line) => (/^[^\s)\]}/*]/.test(code.slice(start, start + 1)) ? [line] : []))
  return begins.map((line, index) => trimmed(code, line, (begins[index + 1] ?? starts.length) - 1))
}
