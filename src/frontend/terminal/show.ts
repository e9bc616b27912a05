import type { RemoteObject } from "../../protocol/index.ts"
import type { ConsoleLine, Evaluation } from "../frontend.ts"
import { neutralise, neutraliseLine } from "../neutralise.ts"
import { codeFrame } from "./code-frame.ts"
import { elapsed } from "./elapsed.ts"
import { formatOutcome, formatValue } from "./format.ts"
import type { Paint, Style } from "./style.ts"

/** The outcome of an input, with the place where it was wrong, and how long it took where that was long. */
export function showOutcome(evaluation: Evaluation, code: string, style: Style, columns: number): string {
  const text = formatOutcome(evaluation, style, columns)
  const { line, column } = evaluation.outcome === "refused" ? evaluation.result : {}
  const frame = line && column ? codeFrame(code, line, column, style, columns) : undefined
  const time = elapsed(evaluation.durationMs)
  const timed = time === undefined ? text : `${text}${text.includes("\n") ? "\n" : "  "}${style.hint(time)}`
  return frame === undefined ? timed : `${frame}\n${timed}`
}

/** A line of a page's console. The gutter before each of its lines is what no page can imitate. */
export function showConsoleLine(line: ConsoleLine, style: Style, columns: number, isLabelled: boolean): string {
  const { runtime, level, args, dropped } = line
  const gutter = `${paintOf(level, style)("│")} `
  const label = isLabelled ? `${style.hint(`${neutraliseLine(runtime.name)}:`)} ` : ""
  const text = args.map((value) => (isText(value) ? neutralise(value.value) : formatValue(value, style, columns - 2)))
  const gap = dropped > 0 ? [style.hint(`${dropped} lines before this one were dropped`)] : []
  return [...gap, ...`${label}${text.join(" ")}`.split("\n")].map((shown) => gutter + shown).join("\n")
}

function paintOf(level: string, style: Style): Paint {
  return level === "error" ? style.error : level === "warn" ? style.warning : style.hint
}

/** A string that came whole is shown bare, as any console does. */
function isText(value: RemoteObject): value is RemoteObject & { readonly value: string } {
  return typeof value.value === "string"
}

export function showProblem(problem: string, style: Style): string {
  return style.error(neutraliseLine(problem))
}
