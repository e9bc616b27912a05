import type { RuntimeInfo } from "../../protocol/index.ts"
import type { FrontEnd } from "../frontend.ts"
import { followLog } from "../log.ts"
import { fit, visible } from "./cells.ts"
import { showConsoleLine, showOutcome } from "./show.ts"
import type { Style } from "./style.ts"

/** One line about a runtime that came, went or began anew; none for what the prompt shows. */
export function newsOf(before: RuntimeInfo | undefined, now: RuntimeInfo): string | undefined {
  if (now.state === "gone") return before === undefined ? undefined : `${now.name} is gone`
  if (before === undefined) return `${now.name} is here: ${now.number}, ${now.url}`
  if (before.session === now.session) return undefined
  return before.url === now.url ? `${now.name} was loaded again` : `${now.name} went to ${now.url}`
}

/** Where lines go that nobody asked for. */
export interface Paper {
  /** @defaultValue 80 */
  readonly columns?: number
  print(text: string): void
}

/** Prints the news of runtimes, the lines of their consoles, and what evals came to that were given up. Returns a function that ends it. */
export function followNews(frontEnd: FrontEnd, style: Style, paper: Paper): () => void {
  const known = new Map(frontEnd.runtimes.map((runtime) => [runtime.id, runtime]))
  const forget = [
    frontEnd.on("runtime", (runtime) => {
      const news = newsOf(known.get(runtime.id), runtime)
      if (runtime.state === "gone") known.delete(runtime.id)
      else known.set(runtime.id, runtime)
      if (news !== undefined) paper.print(style.hint(visible(news)))
    }),
    followLog(frontEnd, {
      isFromNow: true,
      print(line) {
        const isOneOfSeveral = frontEnd.runtimes.length > 1
        paper.print(showConsoleLine(line, style, paper.columns ?? 80, isOneOfSeveral))
      },
    }),
    frontEnd.on("evaluated", ({ from, code, outcome, isOurs }) => {
      if (!isOurs)
        paper.print(style.hint(`${visible(from)} › ${inputLine(code, paper, from.length + 16)} (${outcome})`))
    }),
    frontEnd.on("late", ({ code, ...evaluation }) => {
      const columns = paper.columns ?? 80
      paper.print(
        `${style.hint(`late: ${inputLine(code, paper, 6)}`)}\n${showOutcome(evaluation, code, style, columns)}`,
      )
    }),
  ]
  return () => forget.forEach((off) => off())
}

/** As much of an input as has room on a line with others. */
function inputLine(code: string, { columns = 80 }: Paper, taken: number): string {
  const [firstLine = ""] = code.trim().split("\n", 1)
  return fit(firstLine, Math.max(8, columns - taken))
}
