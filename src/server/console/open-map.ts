import { AnyMap, originalPositionFor, type SourceMapInput } from "@jridgewell/trace-mapping"
import type { Trace } from "./source-maps.ts"

/** To read more would stop the bridge for longer than a person overlooks (about 0.2 s a million). */
const maxMappings = 4_000_000

/**
 * Reads a source map, also one of several sections. Undefined for one that is too large.
 *
 * @throws where it is none
 */
export function openMap(json: string, url: string): Trace | undefined {
  // Some servers put this line before, so that no script can include the text.
  const map = JSON.parse(json.replace(/^\)\]\}'[^\n]*/, "")) as SourceMapLike
  if (lengthOf(map) > maxMappings) return undefined
  const opened = new AnyMap(map as SourceMapInput, url)
  return ({ line, column }) => {
    const found = originalPositionFor(opened, { line, column: column - 1 })
    return found.source === null ? undefined : { url: found.source, line: found.line, column: found.column + 1 }
  }
}

interface SourceMapLike {
  readonly mappings?: string
  readonly sections?: readonly { readonly map: SourceMapLike }[]
}

function lengthOf({ mappings = "", sections }: SourceMapLike): number {
  return sections ? sections.reduce((sum, { map }) => sum + lengthOf(map), 0) : mappings.length
}
