import type { Asking, FrontEnd } from "../frontend.ts"
import { neutralise } from "../neutralise.ts"
import { visible } from "./cells.ts"
import type { Paper } from "./news.ts"
import type { Style } from "./style.ts"

/** Lines of code that are shown before it is decided on. */
const maxLines = 40

/** Puts what agents want to run before the person, one after the other. Returns a function that ends that. */
export function followAsking(frontEnd: FrontEnd, style: Style, paper: Paper): () => void {
  let shown: string | undefined
  const look = (): void => {
    const [next] = frontEnd.asking
    if (next !== undefined && next.id !== shown) paper.print(questionOf(next, style))
    shown = next?.id
  }
  look()
  return frontEnd.on("asking", look)
}

/** True where an input is the answer to what is asked: `y` or `n`. */
export function answerAsking(frontEnd: FrontEnd, input: string): boolean {
  const said = /^\s*([yn])\s*$/i.exec(input)?.[1]?.toLowerCase()
  const [asked] = frontEnd.asking
  if (said === undefined || asked === undefined) return false
  frontEnd.decide(asked.id, said === "y")
  return true
}

function questionOf({ from, code }: Asking, style: Style): string {
  const lines = neutralise(code).split("\n")
  const shown = lines.slice(0, maxLines).map((line) => `${style.warning("│")} ${line}`)
  const rest = lines.length > maxLines ? [style.warning(`│ … ${lines.length - maxLines} more lines, not shown`)] : []
  const question = style.warning(`${visible(from)} wants to run this: y allows it, n does not`)
  return [...shown, ...rest, question].join("\n")
}
