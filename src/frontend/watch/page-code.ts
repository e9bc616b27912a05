/** A script as it was saved. */
export interface SavedScript {
  /** Under which URL paths a page may have it; see `urlPaths`. */
  readonly paths: readonly string[]
  readonly text: string
}

/** How a runtime has a script. */
export type Found =
  | { readonly as: "script" }
  | { readonly as: "module"; readonly url: string }
  /** Not at all, imported by another, or not in this form: what a bundle is made of has no URL. */
  | { readonly as: "unknown" }

/**
 * Asks a runtime how it has these scripts. By its URL alone a script of the same name would be taken for another: what
 * is served there must be what was saved. A document tells by its script elements; a worker, by all that it loaded.
 */
export function askFor(scripts: readonly SavedScript[], names: string): string {
  return `/* is ${names.replace(/[^\w.\- ]/g, "_")} loaded here? */ await (async (scripts) => {
  const kindOf = (type) => (type === "module" ? type : !type || /(?:java|ecma)script/i.test(type) ? "script" : "unknown")
  const loaded =
    typeof document === "object"
      ? Array.from(document.scripts, ({ src, type }) => [src, kindOf(type)])
      : [globalThis.location?.href, ...performance.getEntriesByType("resource").map(({ name }) => name)].map((url) => [url, "script"])
  const serves = async (url, text) => {
    try { return (await (await fetch(url, { cache: "no-store" })).text()) === text } catch { return false }
  }
  const find = async ({ paths, text }) => {
    for (const [url, as] of loaded) {
      if (!/^https?:/.test(url) || !paths.some((path) => new URL(url).pathname.endsWith(path))) continue
      if (await serves(url, text)) return { as, url }
    }
    return { as: "unknown" }
  }
  return JSON.stringify(await Promise.all(scripts.map(find)))
})(${JSON.stringify(scripts.map(({ paths, text }) => ({ paths, text })))})`
}

/** What a page says of so many scripts. It is foreign. */
export function readFound(answer: string, count: number): readonly Found[] {
  const list: unknown = parse(answer)
  return Array.from({ length: count }, (_, nth) => readOne(Array.isArray(list) ? list[nth] : undefined))
}

function readOne(said: unknown): Found {
  const { as, url } = (typeof said === "object" && said !== null ? said : {}) as Readonly<Record<string, unknown>>
  if (as === "script") return { as }
  return as === "module" && typeof url === "string" ? { as, url } : { as: "unknown" }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A module is evaluated once for each URL. */
export function importAnew(url: string, now: number): string {
  return `await import(${JSON.stringify(`${url.replace(/#.*/s, "")}${url.includes("?") ? "&" : "?"}repl-bridge=${now}`)})`
}
