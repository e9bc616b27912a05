/** The links that a later swap may overtake: their stylesheet is not there yet. */
const loading = new WeakSet<HTMLLinkElement>()

/**
 * Fetches anew the stylesheets whose URL path ends with one of these: a site may stand under a prefix that the saved file's path does not have.
 * The old rules stay until the new ones are there, and for good if they do not come.
 */
export function swapStylesheets(document: Document | undefined, paths: readonly string[], now = Date.now()): void {
  for (const old of document?.querySelectorAll<HTMLLinkElement>("link[rel~=stylesheet]") ?? []) {
    const url = urlOf(old)
    if (!url || !paths.some((path) => url.pathname.endsWith(path))) continue
    if (loading.has(old)) {
      old.remove()
      continue
    }
    url.searchParams.set("repl-bridge", `${now}`)
    const fresh = old.cloneNode() as HTMLLinkElement
    fresh.href = url.href
    fresh.removeAttribute("integrity")
    fresh.addEventListener("load", () => {
      loading.delete(fresh)
      old.remove()
    })
    fresh.addEventListener("error", () => fresh.remove())
    loading.add(fresh)
    old.after(fresh)
  }
}

/** A link may have no address yet, or one that is none. */
function urlOf({ href }: HTMLLinkElement): URL | undefined {
  try {
    return new URL(href)
  } catch {
    return undefined
  }
}
