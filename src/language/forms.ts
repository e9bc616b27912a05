import { lastUpTo, lineStarts } from "./lines.ts"
import { parse, readStatements, type Broken, type Readable, type TopStatement } from "./parse.ts"

/** A stretch of a text, by offsets. */
export interface Span {
  readonly from: number
  readonly to: number
}

type EraseTypes = (code: string) => string | undefined

/**
 * The statements at the top of a text, in order. Of what is JavaScript only once
 * its types are gone, whole lines: only those stay where they are.
 */
export function topForms(code: string, eraseTypes?: EraseTypes): readonly Span[] {
  const spans = spansOf(code)
  if (spans !== undefined) return spans
  const erased = eraseTypes?.(code)
  const lines = erased === undefined ? undefined : spansOf(erased)
  if (lines === undefined) return pieces(code)
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
  const program = parse(withoutHashbang(code))
  return "message" in program ? undefined : program.body.flatMap(spanOf)
}

function withoutHashbang(code: string): string {
  return code.replace(/^#!/, "//")
}

function spanOf({ type, start: from, end: to }: TopStatement): readonly Span[] {
  return type === "EmptyStatement" ? [] : [{ from, to }]
}

/** The lines of `code` that a span takes up in a text with the same lines. */
function sameLines({ from, to }: Span, starts: readonly number[], code: string): Span {
  const line = (offset: number): number => lastUpTo(starts, offset, (start) => start)
  const own = lineStarts(code)
  return trimmed(code, own[line(from)]!, own[line(to) + 1] ?? code.length)
}

function trimmed(code: string, from: number, end: number): Span {
  const text = code.slice(from, end)
  const start = from + text.length - text.trimStart().length
  return { from: start, to: start + text.trim().length }
}

/** Two on the same line are one. */
function joined(spans: readonly Span[]): readonly Span[] {
  return spans.filter(({ from }, index) => index === 0 || from >= spans[index - 1]!.to)
}

/** How often a text may be read in vain, as a whole, in search of statements behind a mistake. */
const mostRereads = 4

/** Of a text that is not whole, the statements that are; what is none goes on to the next line that begins at the margin. */
function pieces(text: string): readonly Span[] {
  const code = withoutHashbang(text)
  const margins = lineStarts(code).filter((start) => /^[^\s)\]}/*]/.test(code.slice(start, start + 1)))
  const found: Span[] = []
  let vain = 0
  for (let next = 0; next < code.length;) {
    const isWorthIt = vain <= mostRereads * code.length
    const { statements, broken } = isWorthIt ? readStatements(code, next) : unread(next)
    found.push(...statements.flatMap(spanOf))
    if (broken === undefined) break
    vain += broken.at - broken.from
    const whole = beforeMistake(code, broken)
    found.push(...(whole ?? []))
    next = whole ? broken.at : (margins[lastUpTo(margins, broken.from, (start) => start) + 1] ?? code.length)
    if (!whole) found.push(trimmed(code, broken.from, next))
  }
  return found
}

function unread(from: number): Readable {
  return { statements: [], broken: { from, at: from } }
}

/** Where the mistake is in the token behind a statement, which the parser looks at before it has done with that. */
function beforeMistake(code: string, { from, at }: Broken): readonly Span[] | undefined {
  if (!/(?:[;}]|[\n\r])\s*$/.test(code.slice(from, at))) return undefined
  const { statements, broken } = readStatements(code.slice(0, at), from)
  return broken === undefined ? statements.flatMap(spanOf) : undefined
}
