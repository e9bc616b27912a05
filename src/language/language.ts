import type { Refused } from "../protocol/index.ts"
import { isInBraces, parse, parseInBraces, type ParseProblem } from "./parse.ts"
import { prepareProgram, type PrepareOptions, type Prepared } from "./prepare.ts"
import { refuse, saysIncomplete, type CheckSyntax } from "./syntax.ts"

/** What some inputs need and others should not wait for. */
export interface LanguageTools extends PrepareOptions {
  readonly checkSyntax?: CheckSyntax
  /** Takes types out and turns JSX into calls; undefined where the text is no TypeScript either. */
  readonly eraseTypes?: (code: string) => string | undefined
}

/** What is to be done with an input: to send it, as body and header fields of an `eval`, or not. */
export type Preparation =
  | { readonly kind: "ready"; readonly code: string; readonly header: Omit<Prepared, "code"> | Record<string, never> }
  | { readonly kind: "refused"; readonly result: Refused }

/** Inputs that are remembered, at most, and up to what length. */
const capacity = 500
const longestRemembered = 10_000

/**
 * Makes the function that prepares inputs. It needs to know nothing of the
 * runtime, and remembers the inputs of late.
 */
export function createPrepare(tools: LanguageTools = {}): (code: string) => Preparation {
  const remembered = new Map<string, Preparation>()
  return (code) => {
    const known = remembered.get(code)
    if (known) return known
    const preparation = prepare(code, tools)
    if (code.length <= longestRemembered) remembered.set(code, preparation)
    if (remembered.size > capacity) remembered.delete(remembered.keys().next().value!)
    return preparation
  }
}

function prepare(code: string, tools: LanguageTools): Preparation {
  const { checkSyntax } = tools
  const first = prepareJavaScript(code, tools)
  if (first.kind !== "problem") return first
  const said = checkSyntax?.(code)
  // An engine takes more than the parser does; what it takes alone goes as it is.
  if (checkSyntax && !said) return asTyped(code)
  if (!said || !saysIncomplete(said.message)) {
    const second = prepareTypeScript(code, tools)
    if (second) return second
  }
  return { kind: "refused", result: refuse(code, first.problem, said) }
}

function asTyped(code: string): Preparation {
  return { kind: "ready", code, header: {} }
}

function prepareTypeScript(code: string, tools: LanguageTools): Preparation | undefined {
  const { eraseTypes } = tools
  // Behind a comma, braces are those of an object: `{a: 1 as number}`.
  const object = isInBraces(code) ? eraseTypes?.(`0,${code}`)?.slice("0,".length) : undefined
  for (const erased of [object, eraseTypes?.(code)]) {
    const prepared = erased === undefined ? undefined : prepareJavaScript(erased, tools)
    if (prepared && prepared.kind !== "problem") return prepared
  }
  return undefined
}

function prepareJavaScript(
  code: string,
  options: PrepareOptions,
): Preparation | { readonly kind: "problem"; readonly problem: ParseProblem } {
  // To the language it is a comment wherever a script starts, which the prepared text may not.
  const source = code.replace(/^#!/, "//")
  const program = parseInBraces(source) ?? parse(source)
  if ("message" in program) return { kind: "problem", problem: program }
  try {
    const prepared = prepareProgram(source, program, options)
    if ("message" in prepared) return { kind: "problem", problem: prepared }
    const { code: text, ...header } = prepared
    return { kind: "ready", code: text, header }
  } catch (error) {
    // It is nested deeper than the stack is here. An engine may have more.
    if (error instanceof RangeError) return asTyped(code)
    throw error
  }
}
