import { plain } from "../plain.ts"

/** What a name is made of; all of it but `kind` is the page's own text. */
export interface Named {
  readonly kind: string
  readonly userAgent: string
  readonly title: string
  readonly url: string
}

const maxSlugLength = 20
const nameForm = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}·._-]{0,47}$/u

/** A name for a runtime that no other has: `chrome·shop`, `chrome·shop-2`, `node·worker`. */
export function nameFor(named: Named, isTaken: (name: string) => boolean): string {
  const { kind, title, url } = named
  const place = kind === "worker" ? fileOf(url) : placeOf(url)
  const name = `${family(named)}·${slug(title) || slug(place) || slug(kind) || "page"}`
  for (let nth = 1; ; nth++) {
    const candidate = nth === 1 ? name : `${name}-${nth}`
    if (!isTaken(candidate)) return candidate
  }
}

/** Whether a name that a runtime brings, from an earlier bridge or from its user, can stand for it alone: it is one word, no number and no command's word for others. */
export function isName(text: string): boolean {
  return nameForm.test(text) && !/^\d+$/.test(text) && text !== "all"
}

/** Most browsers claim to be others too: the first match wins. */
const browsers: readonly (readonly [mark: RegExp, name: string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, "edge"],
  [/\bOPR\//, "opera"],
  [/\b(?:Firefox|FxiOS)\//, "firefox"],
  [/(?:Chrome|Chromium|CriOS)\//, "chrome"],
  [/\bSafari\//, "safari"],
]

const inBrowsers: ReadonlySet<string> = new Set(["page", "frame", "worker"])

function family({ kind, userAgent }: Named): string {
  if (!inBrowsers.has(kind)) return slug(kind) || "runtime"
  return browsers.find(([mark]) => mark.test(userAgent))?.[1] ?? "browser"
}

/** The first words of a text, in lower case and joined by hyphens. */
function slug(text: string): string {
  const words =
    plain(text, 200)
      .toLowerCase()
      .match(/[\p{Ll}\p{Lo}\p{N}]+/gu) ?? []
  let joined = ""
  for (const word of words) {
    const longer = joined === "" ? word : `${joined}-${word}`
    if (longer.length > maxSlugLength) break
    joined = longer
  }
  return (
    joined ||
    Array.from(words[0] ?? "")
      .slice(0, maxSlugLength / 2)
      .join("")
  )
}

/** The name of a script, without what follows the dot. */
function fileOf(url: string): string {
  return /([^/]*?)(?:\.\w+)?(?:[?#].*)?$/.exec(url)?.[1] ?? ""
}

/** Host and port of a page without a title, or the last part of a path. */
function placeOf(url: string): string {
  return /^https?:\/\/([^/?#]*)/.exec(url)?.[1] ?? /([^/\\]*)$/.exec(url)?.[1] ?? ""
}
