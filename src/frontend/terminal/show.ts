import type { RemoteObject } from "../../protocol/index.ts"
import type { ConsoleLine, Evaluation } from "../frontend.ts"
import { neutraliseLine } from "../neutralise.ts"
import { codeFrame } from "./code-frame.ts"
import { consoleText } from "./console-text.ts"
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
  const { runtime, level, kind, dropped } = line
  const format = (value: RemoteObject): string => formatValue(value, style, columns - 2)
  const gutter = `${paintOf(level, style)("│")} `
  const label = isLabelled ? `${style.hint(`${neutraliseLine(runtime.name)}:`)} ` : ""
  const gap = dropped > 0 ? [label + style.hint(`… ${dropped} lines dropped`)] : []
  const text = kind === "dropped" ? [] : (label + consoleText(line, format)).split("\n")
  return [...gap, ...text].map((shown) => gutter + shown).join("\n")
}

function paintOf(level: string, style: Style): Paint {
  return level === "error" ? style.error : level === "warn" ? style.warning : style.hint
}

export function showProblem(problem: string, style: Style): string {
  return style.error(neutraliseLine(problem))
}
