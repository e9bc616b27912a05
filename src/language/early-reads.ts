import type { AnyNode } from "./parse.ts"
import type { Lexical, Names, Reference, Scope } from "./scope.ts"

/**
 * The references that may come before the value of what they name, declared by
 * the same input: they must be checked when they are run, because the binding
 * itself is there, empty, from the start. At the top level the order of the text
 * decides; a function matters only where something may call it early.
 */
export function findEarlyReferences({ lexicals, functions, references, callEnds }: Names): readonly Reference[] {
  const declared = new Map<string, Lexical>(lexicals.map((lexical) => [lexical.name, lexical]))
  const hoisted = new Set<AnyNode>(functions)

  /** The top-level functions that code before an offset may call, directly or through each other. */
  function calledBefore(offset: number): ReadonlySet<AnyNode> {
    const called = new Set<AnyNode>()
    for (let size = -1; size !== called.size;) {
      size = called.size
      for (const { name, start, scope } of references) {
        const within = outermostFunction(scope)
        const isReached = within && hoisted.has(within) ? called.has(within) : start < offset
        if (isReached) for (const node of functions) if (node.id.name === name) called.add(node)
      }
    }
    return called
  }

  return references.filter(({ name, start, scope }) => {
    const lexical = declared.get(name)
    if (!lexical) return false
    const { initialisedAt } = lexical
    const within = outermostFunction(scope)
    if (!within || runsAtOnce(within)) return start < initialisedAt
    if (hoisted.has(within)) return calledBefore(initialisedAt).has(within)
    return within.start < initialisedAt && callEnds.some((end) => end > within.end && end <= initialisedAt)
  })
}

function outermostFunction(scope: Scope): AnyNode | undefined {
  let { varScope } = scope
  if (!varScope.parent) return undefined
  while (varScope.parent!.varScope.parent) varScope = varScope.parent!.varScope
  return varScope.node
}

/** What a class runs when it is defined. */
function runsAtOnce(node: AnyNode): boolean {
  return node.type === "StaticBlock" || (node.type === "PropertyDefinition" && node.static)
}
