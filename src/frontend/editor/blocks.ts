import type { Span } from "../../language/index.ts"

/** Comments and script elements, whichever begins first: either may hold what looks like the other. */
const piece = /<!--[\s\S]*?-->|<script\b((?:[^>"']|"[^"]*"|'[^']*')*)>([\s\S]*?)<\/script\s*>/dgi
const type = /\s(?:type|lang)\s*=\s*["']?([^"'\s>]*)/i
const isCode = /^(|module|(text|application)\/(javascript|ecmascript|babel|typescript)|jsx?|tsx?|typescript)$/i

/** Where a document is JavaScript or TypeScript: all of it, or its script elements. */
export function blocksOf(languageId: string, text: string): readonly Span[] {
  if (!/^(html|vue|svelte)$/.test(languageId)) return [{ from: 0, to: text.length }]
  return Array.from(text.matchAll(piece))
    .filter(([, attributes]) => attributes !== undefined && isCode.test(type.exec(attributes)?.[1] ?? ""))
    .map(({ indices }) => ({ from: indices![2]![0], to: indices![2]![1] }))
}
