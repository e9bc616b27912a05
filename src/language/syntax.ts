import type { Refused } from "../protocol/index.ts"
import { positionsIn } from "./lines.ts"
import type { ParseProblem } from "./parse.ts"

/** What an engine says about a text that is not JavaScript. Line and column count from 1. */
export interface SyntaxProblem {
  readonly message: string
  readonly line: number
  readonly column: number
}

/** Asks an engine, without running anything; undefined where it accepts the text. */
export type CheckSyntax = (code: string) => SyntaxProblem | undefined

/** The engine's words where it has any to the point: it knows no modules here. */
export function refuse(code: string, problem: ParseProblem, said: SyntaxProblem | undefined): Refused {
  const isBesideThePoint = /^(Cannot use import statement outside a module|Unexpected token 'export')$/
  const told = said && !isBesideThePoint.test(said.message) ? said : inWords(code, problem)
  return { name: "SyntaxError", ...told, ...(saysIncomplete((said ?? told).message) ? { incomplete: true } : {}) }
}

export function saysIncomplete(message: string): boolean {
  return message === "Unexpected end of input" || message === "Unterminated template literal"
}

function inWords(code: string, { message, offset }: ParseProblem): SyntaxProblem {
  const isAtEnd = message === "Unexpected token" && offset >= code.trimEnd().length
  return { message: isAtEnd ? "Unexpected end of input" : message, ...positionsIn(code)(offset) }
}
