import type { AnyNode } from "./parse.ts"
import type { Names, Reference, Scope } from "./scope.ts"

/**
 * The references that may come before the value of what they name, declared by
 * the same input: they must be checked when they are run, because the binding
 * itself is there, empty, from the start. At the top level the order of the text
 * decides; a function matters only where something may call it early.
 */
export function findEarlyReferences(names: Names): readonly Reference[] {
  const initialisedAt = new Map(names.lexicals.map((lexical) => [lexical.name, lexical.initialisedAt]))
  const callableFrom = findCallableFrom(names)
  const hoisted = new Set<AnyNode>(names.functions)

  return names.references.filter(({ name, start, scope }) => {
    const end = initialisedAt.get(name)
    if (end === undefined) return false
    const within = outermostFunction(scope)
    if (!within || runsAtOnce(within)) return start < end
    if (hoisted.has(within)) return (callableFrom.get(within) ?? Infinity) < end
    return within.start < end && names.callEnds.some((callEnd) => callEnd > within.end && callEnd <= end)
  })
}

/** For each function of the top level, the first place that may call it, itself or through others. */
function findCallableFrom({ functions, references }: Names): ReadonlyMap<AnyNode, number> {
  const callableFrom = new Map<AnyNode, number>()
  const byName = groupBy(functions, (node) => node.id.name)
  const isHoisted = new Set<AnyNode>(functions)
  const mentions = references.filter(({ name }) => byName.has(name))
  const mentionedIn = groupBy(mentions, ({ scope }) => outermostFunction(scope))

  function reach(name: string, from: number): void {
    for (const node of byName.get(name) ?? []) {
      if ((callableFrom.get(node) ?? Infinity) <= from) continue
      callableFrom.set(node, from)
      for (const mention of mentionedIn.get(node) ?? []) reach(mention.name, from)
    }
  }

  for (const { name, start, scope } of mentions) {
    const within = outermostFunction(scope)
    if (!within || !isHoisted.has(within)) reach(name, start)
  }
  return callableFrom
}

function groupBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): ReadonlyMap<Key, readonly Item[]> {
  const groups = new Map<Key, Item[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
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
