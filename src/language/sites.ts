import type { Edits } from "./edits.ts"
import type { Reference } from "./scope.ts"

/** The global of the runtime through which prepared code reaches it. */
export const guard = "__repl"

/** The runtime's checked view of the names that its inputs declared. */
const guarded = `${guard}.n`

/** What is done at a site. The runtime's evaluator knows the same numbers. */
const siteCode = { read: 0, call: 1, write: 2, probe: 3 }
const shorthandCode = 4

/** Lets a reference go through the runtime, which throws while the name has no value. */
export function check({ name, start, end, how, isShorthand }: Reference, edits: Edits): void {
  edits.open(start, `${isShorthand ? `${name}:` : ""}${how === "call" ? "(0," : ""}${guarded}.`)
  if (how === "call") edits.close(end, ")")
}

/**
 * Where the new text uses names of the page unchecked, so that the runtime can do the same
 * as {@link check} for names that need it there: 8 × the distance from the site
 * before, plus what is done.
 */
export function listSites(
  source: string,
  references: readonly Reference[],
  importCalls: readonly number[],
  /** Calls of `import` that are not of the source, by where they are in the new text. */
  addedImports: readonly number[],
  locate: (offset: number) => number | undefined,
): readonly number[] {
  const added = addedImports.map((at) => ({ at, code: siteCode.call }))
  const sites = importCalls.map((start) => ({ start, code: siteCode.call }))
  for (const { name, start, scope, how, isShorthand } of references) {
    // In `with` it may be another name; written with an escape it cannot be read from the text.
    if (scope.isDynamic || !source.startsWith(name, start)) continue
    sites.push({ start, code: siteCode[how] + (isShorthand ? shorthandCode : 0) })
  }
  let last = 0
  const found = sites.flatMap(({ start, code }) => {
    const at = locate(start)
    return at === undefined ? [] : { at, code }
  })
  return [...added, ...found]
    .sort((a, b) => a.at - b.at)
    .map(({ at, code }) => {
      const distance = at - last
      last = at
      return distance * 8 + code
    })
}
