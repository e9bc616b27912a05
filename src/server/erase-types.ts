import { createRequire } from "node:module"
import type { Options } from "sucrase"

type Transform = (code: string, options: Options) => { readonly code: string }

/**
 * Takes TypeScript's types out of a text and turns JSX into calls of
 * `React.createElement`, or of what the text names itself (`@jsx h`, `@jsxFrag
 * Fragment`). Lines stay lines, and what needs no change stays as it was typed.
 * The library is loaded at the first use.
 */
export function createEraseTypes(): (code: string) => string | undefined {
  let transform: Transform | undefined
  return (code) => {
    transform ??= (createRequire(import.meta.url)("sucrase") as { readonly transform: Transform }).transform
    try {
      return transform(code, {
        transforms: ["typescript", "jsx"],
        production: true,
        disableESTransforms: true,
        keepUnusedImports: true,
        ...pragma("jsxPragma", /@jsx\s+([\w.$]+)/, code),
        ...pragma("jsxFragmentPragma", /@jsxFrag\s+([\w.$]+)/, code),
      }).code
    } catch {
      return undefined
    }
  }
}

function pragma(option: string, comment: RegExp, code: string): Options | Record<string, string> {
  const named = comment.exec(code)?.[1]
  return named === undefined ? {} : { [option]: named }
}
