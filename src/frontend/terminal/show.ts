import type { RemoteObject } from "../../protocol/index.ts"
import type { ConsoleLine, Evaluation } from "../frontend.ts"
import { failurePlace } from "../failure-place.ts"
import { neutraliseLine } from "../neutralise.ts"
import { codeFrame } from "./code-frame.ts"
import { consoleTable } from "./console-table.ts"
import { consoleText } from "./console-text.ts"
import { elapsed } from "./elapsed.ts"
import { formatOutcome, formatValue } from "./format.ts"
import type { Paint, Style } from "./style.ts"

export const howToSeeMore = ".inspect shows more"

/**
 * The outcome of an input, with the place where it was wrong, and how long it took where that was long.
 * Where a value is not shown as a whole, `more` says how to see more.
 */
export function showOutcome(
  evaluation: Evaluation,
  code: string,
  style: Style,
  columns: number,
  more?: string,
): string {
  let isCut = false
  const text = formatOutcome(evaluation, style, columns, { cut: () => (isCut = true) })
  const place = failurePlace(evaluation)
  const frame = place && codeFrame(code, place, style, columns)
  const notes = [isCut ? more : undefined, elapsed(evaluation.durationMs)].filter((note) => note !== undefined)
  const timed =
    notes.length === 0 ? text : `${text}${text.includes("\n") ? "\n" : "  "}${style.hint(notes.join(" · "))}`
  return frame === undefined ? timed : `${frame}\n${timed}`
}

/** A line of a page's console. The gutter before each of its lines is what no page can imitate. */
export function showConsoleLine(line: ConsoleLine, style: Style, columns: number, isLabelled: boolean): string {
  const { runtime, level, kind, dropped } = line
  const format = (value: RemoteObject): string => formatValue(value, style, columns - 2)
  const formatTable = (data: RemoteObject, names: RemoteObject | undefined): string | undefined =>
    consoleTable(data, names, style, columns - 2)
  const bar = paintOf(level, style)("│")
  const gutter = `${bar} `
  // Without colours a word says how grave it is, where the line does not begin with one.
  const word = bar === "│" && kind === undefined ? wordFor(level) : ""
  const label = isLabelled ? `${style.hint(`${neutraliseLine(runtime.name)}:`)} ` : ""
  const gap = dropped > 0 ? [label + style.hint(`… ${dropped} lines dropped`)] : []
  const text = kind === "dropped" ? [] : (label + word + consoleText(line, format, formatTable)).split("\n")
  return [...gap, ...text].map((shown) => gutter + shown).join("\n")
}

function wordFor(level: string): string {
  return level === "error" ? "error: " : level === "warn" ? "warning: " : ""
}

function paintOf(level: string, style: Style): Paint {
  return level === "error" ? style.error : level === "warn" ? style.warning : style.hint
}

export function showProblem(problem: string, style: Style): string {
  return style.error(neutraliseLine(problem))
}
