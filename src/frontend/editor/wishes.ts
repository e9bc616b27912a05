import { ErrorCodes, ResponseError } from "./connection.ts"
import type { Range } from "./documents.ts"
import { extents, type Extent } from "./piece.ts"
import type { Position } from "./place.ts"

/** What an editor asks for, as far as it is what the protocol says. */
type Params = Readonly<Record<string, unknown>>

interface Limits {
  readonly runtime?: string
  readonly waitMs?: number
  readonly timeoutMs?: number
}

/** Code as it is, or a part of a document. */
export type EvalWish = Limits &
  ({ readonly code: string } | { readonly uri: string; readonly extent: Extent; readonly range: Range })

export function readEvalWish(params: unknown, command?: Extent): EvalWish {
  const fields = readParams(params)
  const limits: Limits = {
    ...pick(fields, "runtime", isText, "a text"),
    ...pick(fields, "waitMs", isCount, "a number of milliseconds"),
    ...pick(fields, "timeoutMs", isCount, "a number of milliseconds"),
  }
  const { code } = pick(fields, "code", isText, "a text")
  if (code !== undefined) return { ...limits, code }
  const uri = readUri(fields)
  const extent = command ?? pick(fields, "extent", isExtent, `one of ${extents.join(", ")}`).extent ?? "selection"
  const { range } = pick(fields, "range", isRange, "a range")
  const { position } = pick(fields, "position", isPosition, "a position")
  const place = range ?? (position && { start: position, end: position })
  if (place === undefined && extent !== "file") throw invalid("range, or position, is missing")
  const start = { line: 0, character: 0 }
  return { ...limits, uri, extent, range: place ?? { start, end: start } }
}

export function readText(params: unknown, name: string): string {
  const text = readParams(params)[name]
  if (typeof text !== "string") throw invalid(`${name} must be a text`)
  return text
}

export function readOptionalText(params: unknown, name: string): string | undefined {
  const fields = readParams(params)
  return fields[name] === undefined ? undefined : readText(fields, name)
}

export function readCount(params: unknown, name: string): number | undefined {
  return pick(readParams(params), name, isCount, "a number")[name]
}

export function readParams(params: unknown): Params {
  if (params === undefined || params === null) return {}
  if (typeof params !== "object" || Array.isArray(params)) throw invalid("params must be an object")
  return params as Params
}

function readUri(fields: Params): string {
  const document = fields["textDocument"]
  const uri = typeof document === "object" && document !== null && "uri" in document ? document.uri : undefined
  if (typeof uri !== "string") throw invalid("either code, or textDocument with its uri, is missing")
  return uri
}

function pick<Name extends string, Value>(
  fields: Params,
  name: Name,
  is: (value: unknown) => value is Value,
  what: string,
): { readonly [Key in Name]?: Value } {
  const value = fields[name]
  if (value === undefined || value === null) return {}
  if (!is(value)) throw invalid(`${name} must be ${what}`)
  return { [name]: value } as { readonly [Key in Name]?: Value }
}

export function invalid(problem: string): ResponseError {
  return new ResponseError(ErrorCodes.InvalidParams, problem)
}

const isText = (value: unknown): value is string => typeof value === "string"
const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0
const isExtent = (value: unknown): value is Extent => extents.includes(value as Extent)
const isPosition = (value: unknown): value is Position =>
  isObject(value) && isCount(value["line"]) && isCount(value["character"])
const isRange = (value: unknown): value is Range =>
  isObject(value) && isPosition(value["start"]) && isPosition(value["end"])

function isObject(value: unknown): value is Params {
  return typeof value === "object" && value !== null
}
