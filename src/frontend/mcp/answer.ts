import type { AnsweringRuntime, RuntimeInfo } from "../../protocol/index.ts"
import type { ConsoleLine, Evaluation } from "../frontend.ts"
import { neutralise, neutraliseLine } from "../neutralise.ts"
import { consoleText } from "../terminal/console-text.ts"
import { formatOutcome, formatValue } from "../terminal/format.ts"
import { plainStyle } from "../terminal/style.ts"

/** What a tool says. Words that a page chose stand in `untrusted` and nowhere else. */
export interface Answer {
  readonly [field: string]: unknown
  readonly untrusted?: Readonly<Record<string, unknown>>
}

/** In characters: the width that values are laid out for. */
const columns = 100

/** A runtime by what the bridge knows of it. */
export function numbered({ id, number, session }: AnsweringRuntime | RuntimeInfo): {
  readonly id: string
  readonly number: number
  readonly session: string
} {
  return { id, number, session }
}

/** The outcome of an eval, with no more than `maxChars` of its text. */
export function tellOutcome(evaluation: Evaluation, maxChars: number): Answer {
  const { outcome, runtime, durationMs, result } = evaluation
  return {
    outcome,
    ...(runtime && { runtime: numbered(runtime) }),
    durationMs,
    ...("ran" in result && { ran: result.ran }),
    ...("code" in result && { code: result.code }),
    untrusted: cut(formatOutcome(evaluation, plainStyle, columns), maxChars),
  }
}

/** A line of a page's console, with no more than `maxChars` of its text; `isWhole` with its stack. */
export function tellLine(line: ConsoleLine, maxChars: number, isWhole: boolean): Answer {
  const { number, level, time, stack, eval: evalId } = line
  const text = consoleText(line, (value) => formatValue(value, plainStyle, columns))
  return {
    id: number,
    level,
    time: new Date(time).toISOString(),
    ...(evalId !== undefined && { eval: evalId }),
    untrusted: {
      ...cut(text, maxChars),
      ...(isWhole && stack !== undefined && { stack: cut(stack.trim(), maxChars).text }),
    },
  }
}

/** A text of a page, harmless and bounded; says how much of it is missing. */
export function cut(text: string, maxChars: number): { readonly text: string; readonly missingChars?: number } {
  const harmless = neutralise(text)
  if (harmless.length <= maxChars) return { text: harmless }
  return { text: harmless.slice(0, maxChars), missingChars: harmless.length - maxChars }
}

/** A runtime for an agent to choose from. */
export function tellRuntime(runtime: RuntimeInfo, target: string | undefined): Answer {
  const { state, kind, visible, origin, name, title, url } = runtime
  return {
    ...numbered(runtime),
    state,
    kind,
    visible,
    isTarget: runtime.id === target,
    origin,
    untrusted: { name: neutraliseLine(name), title: neutraliseLine(title), url: neutraliseLine(url) },
  }
}
