import { assignClass, assignDeclared, holdBlockFunctions } from "./declarations.ts"
import { findEarlyReferences } from "./early-reads.ts"
import { Edits, Rewriting } from "./edits.ts"
import { blankOf, lineStarts } from "./lines.ts"
import { guardLoops } from "./loop-guard.ts"
import { takeModuleWords } from "./modules.ts"
import type { ParseProblem, Program, TopStatement } from "./parse.ts"
import { findNames, type Names, type Reference } from "./scope.ts"
import { check, guard, listSites } from "./sites.ts"
import { keepValue } from "./statement-values.ts"

/**
 * An input as a runtime runs it. What the input declares becomes real bindings
 * of the global scope; the rest becomes a function that leaves its value. All
 * that depends on what the runtime has declared before is left to the runtime:
 * it knows which names are constants or have no value yet, and `sites` tells
 * where the text uses names that may be such.
 */
export interface Prepared {
  readonly code: string
  /**
   * `value`: one expression, as it was typed. `sync`, `async`: a script that puts a
   * function into `__repl.f`. Called with `{ i, g, v }` it tells `i` which names
   * have their value from now on, finds the global object in `g` and leaves the
   * value of the input in `v`.
   */
  readonly form: "value" | "sync" | "async"
  /** It must run as a script of the page, because it declares names or imports modules. */
  readonly asScript?: true
  readonly lets?: readonly string[]
  readonly consts?: readonly string[]
  /** Left to the runtime to declare, with `var`. */
  readonly vars?: readonly string[]
  /** Of functions that the text itself declares. */
  readonly functions?: readonly string[]
  /** See `listSites`. */
  readonly sites?: readonly number[]
  /** See `Rewriting.shifts`. A triple with column 0 tells how many lines further down all is from that line on. */
  readonly shifts?: readonly number[]
}

export interface PrepareOptions {
  /** How long a loop may block the page, in milliseconds. @defaultValue for ever */
  readonly loopLimitMs?: number
}

export function prepareProgram(code: string, program: Program, options: PrepareOptions = {}): Prepared | ParseProblem {
  const isStrict = program.body.some((statement) => "directive" in statement && statement.directive === "use strict")
  const names = findNames(program, isStrict)
  if (names.wrongAt !== undefined) return { message: "Unexpected token", offset: names.wrongAt }
  const edits = new Edits()
  if (options.loopLimitMs) guardLoops(names, options.loopLimitMs, edits)
  const [first] = program.body
  return first?.type === "ExpressionStatement" && program.body.length === 1 && !names.awaits
    ? prepareValue(code, first, names, edits)
    : prepareBody(code, program, names, edits, isStrict)
}

function prepareValue(code: string, { start, end }: TopStatement, names: Names, edits: Edits): Prepared {
  // In braces it was read as an expression: keep it one.
  if (code[start] === "{") {
    edits.open(start, "(")
    edits.close(end, ")")
  }
  const rewriting = new Rewriting(code, edits)
  rewriting.add(blankOf(code.slice(0, start)))
  rewriting.take(start, code[end - 1] === ";" ? end - 1 : end)
  return finish("value", code, rewriting, names, names.references, [])
}

function prepareBody(code: string, program: Program, names: Names, edits: Edits, isStrict: boolean): Prepared {
  let box = "$r"
  while (code.includes(box)) box += "r"
  keepValue(program, code, edits, `${box}.v`)
  holdBlockFunctions(names.blockFunctions, edits, box)
  for (const declaration of names.declarations) assignDeclared(declaration, code, edits, box)
  for (const node of names.classes) assignClass(node, edits, box)
  const early = new Set(findEarlyReferences(names))
  for (const reference of early) check(reference, edits)
  for (const { start, end } of names.evalCallees) {
    edits.open(start, "(0,")
    edits.close(end, ")")
  }
  const imports = program.body.map((statement) => takeModuleWords(statement, code, edits, box))

  const rewriting = new Rewriting(code, edits)
  const head = `${isStrict ? '"use strict";' : ""}${guard}.f=${names.awaits ? "async " : ""}${box}=>{`
  rewriting.add(head)
  const addedImports: number[] = []
  for (const load of imports) {
    if (load !== "") addedImports.push(rewriting.text.length + load.indexOf("import("))
    rewriting.add(load)
  }
  let from = program.body[0]?.start ?? code.length
  rewriting.add(blankOf(code.slice(0, from)))
  rewriting.standFor(from)
  for (const { start, end } of names.functions) {
    rewriting.take(from, start)
    rewriting.add(`;${blankOf(code.slice(start + 1, end))}`)
    from = end
  }
  rewriting.take(from, code.length)
  rewriting.add("\n}")
  addFunctions(code, rewriting, names)
  const unchecked = names.references.filter((reference) => !early.has(reference))
  return finish(names.awaits ? "async" : "sync", code, rewriting, names, unchecked, addedImports)
}

/** Behind the rest, in the lines and columns of their own. */
function addFunctions(code: string, rewriting: Rewriting, { functions }: Names): void {
  let from = 0
  for (const { start, end } of functions) {
    rewriting.add((from === 0 ? "\n" : "") + blankOf(code.slice(from, start)))
    rewriting.take(start, end)
    from = end
  }
}

function finish(
  form: Prepared["form"],
  code: string,
  rewriting: Rewriting,
  names: Names,
  unchecked: readonly Reference[],
  addedImports: readonly number[],
): Prepared {
  const { lexicals, vars, functions, importCalls, loadsModules, references } = names
  const declaresNames = lexicals.length + vars.size + functions.length > 0
  // Modules are found by their importer's place. What `Function` makes may import too.
  const importsModules = loadsModules || importCalls.length > 0 || references.some(({ name }) => name === "Function")
  const ofKind = (kind: "let" | "const"): string[] => [
    ...new Set(lexicals.filter((lexical) => lexical.kind === kind).map(({ name }) => name)),
  ]
  const lines = lineStarts(code).length + 1
  return {
    code: rewriting.text,
    form,
    ...(declaresNames || importsModules ? { asScript: true } : {}),
    ...unlessEmpty("lets", ofKind("let")),
    ...unlessEmpty("consts", ofKind("const")),
    ...unlessEmpty("vars", [...vars]),
    ...unlessEmpty(
      "functions",
      functions.map(({ id }) => id.name),
    ),
    ...unlessEmpty("sites", listSites(code, unchecked, importCalls, addedImports, rewriting.locator())),
    ...unlessEmpty("shifts", [...rewriting.shifts(), ...(functions.length > 0 ? [lines + 1, 0, lines] : [])]),
  }
}

function unlessEmpty<Key extends string, Item>(
  key: Key,
  list: readonly Item[],
): { readonly [K in Key]?: readonly Item[] } {
  return list.length > 0 ? ({ [key]: list } as { [K in Key]: readonly Item[] }) : {}
}
