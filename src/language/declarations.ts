import type { Edits } from "./edits.ts"
import type { AnyNode, Class, VariableDeclaration } from "./parse.ts"
import type { BlockFunction, Declaration } from "./scope.ts"

/**
 * Turns a declaration into an assignment to bindings that are there already. An
 * array keeps commas, patterns and the names of functions as they are; `box.i`
 * hears which names have their value.
 */
export function assignDeclared({ node, bound, loop }: Declaration, source: string, edits: Edits, box: string): void {
  if (loop) return assignInLoop(node, loop, source, edits)
  const isEnded = source[node.end - 1] === ";"
  // Engines tell an error in the initial value to be where the statement starts.
  edits.replace(node.start, keywordEnd(node, source), "void [", node.declarations[0]!.init?.start)
  edits.close(isEnded ? node.end - 1 : node.end, isEnded ? "]" : "];")
  for (const [index, { init, start, end }] of node.declarations.entries()) {
    if (node.kind !== "var") edits.close(end, (init ? "" : "=void 0") + reportInitialised(bound[index]!, box))
    else if (!init) edits.replace(start, end, "")
  }
}

function assignInLoop(node: VariableDeclaration, loop: AnyNode, source: string, edits: Edits): void {
  edits.replace(node.start, keywordEnd(node, source), "")
  if (loop.type !== "ForInStatement" && loop.type !== "ForOfStatement") return
  const { id, init, end } = node.declarations[0]!
  // `for (async of …)` and `for (let of …)` would be something else.
  if (id.type === "Identifier" && /^(async|let)$/.test(id.name)) edits.replace(id.start, id.end, `(${id.name})`)
  if (!init) return
  edits.replace(id.end, end, "")
  edits.open(loop.right.start, `${source.slice(id.start, end)},`)
}

function keywordEnd({ start, kind }: VariableDeclaration, source: string): number {
  return kind === "await using" ? source.indexOf("using", start) + "using".length : start + kind.length
}

/** A class becomes an expression of the same text. */
export function assignClass(node: Class, edits: Edits, box: string): void {
  const { name } = node.id!
  edits.open(node.start, `void [${name}=`)
  edits.close(node.end, `${reportInitialised([name], box)}];`)
}

export function reportInitialised(names: readonly string[], box: string): string {
  return names.length === 0 ? "" : `,${box}.i(${names.map((name) => `"${name}"`).join()})`
}

/**
 * A function in a block is also seen outside of it, as a `var`, which must be the
 * global's and not one of the wrapper: a `let` around the block holds it back,
 * and an assignment where it stands lets it out.
 */
export function holdBlockFunctions(functions: readonly BlockFunction[], edits: Edits, box: string): void {
  for (const holder of new Set(functions.map((found) => found.holder))) {
    const held = functions.filter((found) => found.holder === holder)
    const letNames = `{let ${[...new Set(held.map(({ name }) => name))].join()};`
    switch (holder.type) {
      case "BlockStatement":
        edits.open(holder.start + 1, `${letNames}{`)
        edits.close(holder.end - 1, "}}")
        break
      case "SwitchStatement":
        edits.open(holder.start, letNames)
        edits.close(holder.end, "}")
        break
      default:
        edits.open(holder.start, `${letNames}{`)
        edits.close(holder.end, "}}")
    }
    for (const { name, node, escapes } of held) if (escapes) edits.open(node.start, `${box}.g.${name}=${name};`)
  }
}
