import { previewLimits, type Lost, type RemoteObject, type Stopped, type Thrown } from "../../protocol/index.ts"
import type { Evaluation } from "../frontend.ts"
import { neutralise, neutraliseLine } from "../neutralise.ts"
import type { Format } from "./format-layout.ts"
import { formatView } from "./format-object.ts"
import { viewOf, viewOfError, type View } from "./format-view.ts"
import type { Style } from "./style.ts"

/** Longer lines are harder to read, however wide the terminal. */
const maxColumns = 80

/** How much of a value is shown, where that is not the usual. */
export type Extent = Partial<Pick<Format, "depth" | "entries" | "offset" | "cut">>

/** A value as Node's `util.inspect` would show it. Whatever the page made of it, the text is harmless. */
export function formatValue(value: RemoteObject, style: Style, columns: number, extent?: Extent): string {
  return format(viewOf(value), style, columns, extent)
}

/** How an eval ended. */
export function formatOutcome(evaluation: Evaluation, style: Style, columns: number, extent?: Extent): string {
  switch (evaluation.outcome) {
    case "value":
      return formatValue(evaluation.result, style, columns, extent)
    case "thrown":
      return formatThrown(evaluation.result, style, columns)
    case "refused":
      return style.error(neutralise(`${evaluation.result.name}: ${evaluation.result.message}`))
    case "lost":
      return style.error(`lost: ${formatEnd(evaluation.result)}`)
    case "timeout":
      return style.warning(`no outcome in time: ${formatEnd(evaluation.result)}`)
    case "cancelled":
      return style.warning(formatEnd(evaluation.result).replace(/^(?!cancelled;)/, "cancelled: "))
    default:
      return evaluation satisfies never
  }
}

export function formatThrown({ exception, name, message, stack }: Thrown, style: Style, columns: number): string {
  const text = stack ?? (name === undefined ? undefined : `${name}: ${message ?? ""}`)
  const view = text === undefined ? viewOf(exception) : viewOfError(exception, name, text)
  return `${style.error("Uncaught")} ${format(view, style, columns)}`
}

function format(view: View, style: Style, columns: number, extent?: Extent): string {
  const { depth, entries } = previewLimits
  return formatView(view, { style, width: Math.min(columns, maxColumns), depth, entries, ...extent }).text
}

function formatEnd({ reason, ran }: Lost | Stopped): string {
  return `${neutraliseLine(reason)}; ${ran === "no" ? "nothing of it ran" : "it may have run"}`
}
