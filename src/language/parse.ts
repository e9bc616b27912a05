import {
  Parser,
  type AnyNode,
  type Class,
  type Expression,
  type Function,
  type FunctionDeclaration,
  type ModuleDeclaration,
  type Options,
  type Pattern,
  type Program,
  type Statement,
  type VariableDeclaration,
} from "acorn"

export type { AnyNode, Class, Expression, Function, FunctionDeclaration, Pattern, Program, VariableDeclaration }
/** What may stand at the top level of an input. */
export type TopStatement = Statement | ModuleDeclaration

/** Where and why a text does not parse, in the parser's words. */
export interface ParseProblem {
  readonly message: string
  readonly offset: number
}

const options: Options = {
  ecmaVersion: "latest",
  sourceType: "script",
  allowAwaitOutsideFunction: true,
  allowImportExportEverywhere: true,
}

/** The parser's own check, which its types do not name. */
declare class UsingParser extends Parser {
  get allowUsing(): boolean
  currentScope(): { readonly flags: number }
}

/** A script's top level has no `using`; a console's has. */
const ConsoleParser = Parser.extend(
  (Base) =>
    class extends (Base as typeof UsingParser) {
      override get allowUsing(): boolean {
        const isTopLevel = (this.currentScope().flags & 1) !== 0
        return isTopLevel || super.allowUsing
      }
    },
)

/** The program that a text is, or why it is none. */
export function parse(code: string): Program | ParseProblem {
  try {
    return ConsoleParser.parse(code, options)
  } catch (error) {
    return describe(error)
  }
}

function describe(error: unknown): ParseProblem {
  const { message, pos } = error as SyntaxError & { pos: number }
  return { message: message.replace(/ \(\d+:\d+\)$/, ""), offset: pos }
}

export function isInBraces(code: string): boolean {
  return /^\s*\{/.test(code) && /\}\s*$/.test(code)
}

/** The object that a text in braces is, which the grammar would read as a block: `{a: 1}`. */
export function parseInBraces(code: string): Program | undefined {
  if (!isInBraces(code)) return undefined
  try {
    const expression = ConsoleParser.parseExpressionAt(code, 0, options)
    const { start, end } = expression
    if (end !== code.trimEnd().length) return undefined
    return {
      type: "Program",
      sourceType: "script",
      start: 0,
      end: code.length,
      body: [{ type: "ExpressionStatement", start, end, expression }],
    }
  } catch {
    return undefined
  }
}

/** The nodes directly inside a node. */
export function* children(node: AnyNode): Iterable<AnyNode> {
  for (const value of Object.values(node) as unknown[]) {
    for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (typeof item === "object" && item !== null && "type" in item) yield item as AnyNode
    }
  }
}

export interface Token {
  /** What kind it is: `name`, `string`, `num` …, or the sign or keyword itself. */
  readonly label: string
  /** Of a name, a keyword or a literal. */
  readonly value: unknown
  /** It may name a property. */
  readonly isName: boolean
  readonly start: number
  readonly end: number
}

/** The tokens of a text up to its end, or up to what is no token. */
export interface Tokens {
  readonly tokens: readonly Token[]
  readonly problem: ParseProblem | undefined
  /** The text ends inside a comment, or with one that ends with its line. */
  readonly endsInComment: boolean
}

export function tokenize(code: string): Tokens {
  const tokens: Token[] = []
  let lastLineComment = -1
  const onComment = (isBlock: boolean, _text: string, _start: number, end: number): void => {
    if (!isBlock) lastLineComment = end
  }
  const reader = ConsoleParser.tokenizer(code, { ...options, onComment })
  try {
    for (const { type, start, end, ...rest } of reader) {
      const { label, keyword } = type
      const isName = label === "name" || keyword !== undefined
      tokens.push({ label, value: (rest as { readonly value?: unknown }).value, isName, start, end })
    }
  } catch (error) {
    const problem = describe(error)
    return { tokens, problem, endsInComment: problem.message === "Unterminated comment" }
  }
  return { tokens, problem: undefined, endsInComment: lastLineComment === code.length }
}
