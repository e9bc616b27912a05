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

/**
 * True where an input is `y` or `n`, and something was `asked` when it was begun: an answer is for what its writer
 * could read, and not for what an agent puts in its place meanwhile.
 */
export function answerAsking(
  frontEnd: Pick<FrontEnd, "asking" | "decide">,
  input: string,
  asked: string | undefined,
  tell: (text: string) => void,
): boolean {
  const said = /^\s*([yn])\s*$/i.exec(input)?.[1]?.toLowerCase()
  if (said === undefined || asked === undefined) return false
  if (frontEnd.asking[0]?.id === asked) frontEnd.decide(asked, said === "y")
  else tell("that is not asked any more: nothing was decided")
  return true
}

function questionOf({ from, code }: Asking, style: Style): string {
  const lines = neutralise(code).split("\n")
  const shown = lines.slice(0, maxLines).map((line) => `${style.warning("│")} ${line}`)
  const rest = lines.length > maxLines ? [style.warning(`│ … ${lines.length - maxLines} more lines, not shown`)] : []
  const question = style.warning(`${visible(from)} wants to run this: y allows it, n does not`)
  return [...shown, ...rest, question].join("\n")
}
