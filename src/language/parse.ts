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

/** Its statements at the top one by one, as the parser comes to them. */
declare class StepwiseParser extends Parser {
  /** Where the token is that it has come to. */
  readonly start: number
  parseStatement(context: unknown, isTop: boolean | undefined, exports: unknown): TopStatement
}

class StatementReader extends (ConsoleParser as typeof StepwiseParser) {
  readonly statements: TopStatement[] = []
  begun: number

  constructor(code: string, from: number) {
    super(options, code, from)
    this.begun = from
  }

  override parseStatement(context: unknown, isTop: boolean | undefined, exports: unknown): TopStatement {
    if (!isTop) return super.parseStatement(context, isTop, exports)
    this.begun = this.start
    const statement = super.parseStatement(context, isTop, exports)
    this.statements.push(statement)
    return statement
  }
}

/** What is no statement: where it begins, and where it went wrong. */
export interface Broken {
  readonly from: number
  readonly at: number
}

/** What the parser came to before it found no statement. */
export interface Readable {
  readonly statements: readonly TopStatement[]
  readonly broken: Broken | undefined
}

/** The statements of a text from an offset on, up to the first that is none. */
export function readStatements(code: string, from: number): Readable {
  const reader = new StatementReader(code, from)
  const { statements } = reader
  try {
    reader.parse()
    return { statements, broken: undefined }
  } catch (error) {
    // What is nested too deep for the parser is no mistake of a place.
    const at = error instanceof SyntaxError ? describe(error).offset : code.length
    return { statements, broken: { from: reader.begun, at } }
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
