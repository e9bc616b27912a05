/** What the tools let a page run. It is text: nothing here runs in this process. */

/**
 * Gives the value of an expression once it is truthy. One that throws is not true yet; what it threw last, or its last
 * value, is thrown in the end.
 *
 * @param condition - an expression; it may await
 */
export function waitCode(condition: string, timeoutMs: number): string {
  return `await (async () => {
  const until = performance.now() + ${timeoutMs}
  for (;;) {
    let problem
    try {
      const met = (${condition}
      )
      if (met) return met
      problem = new Error("it was still " + String(met))
    } catch (error) {
      problem = error
    }
    if (performance.now() > until) throw problem
    await new Promise((again) => setTimeout(again, 50))
  }
})()`
}

/** Describes the page as JSON: what it shows, what can be acted on, and by which selectors. */
export const summaryCode = `(() => {
  const bounded = (text, length) => {
    const line = String(text ?? "").replace(/\\s+/g, " ").trim()
    return line.length > length ? line.slice(0, length) + "…" : line
  }
  const isNative = (value) => typeof value === "function" && /\\[native code\\]/.test(Function.prototype.toString.call(value))
  const globals = Object.entries(Object.getOwnPropertyDescriptors(globalThis))
    .filter(([, { enumerable, value }]) => enumerable && value !== undefined && !isNative(value))
    .map(([name]) => name)
    .slice(0, 40)
  if (typeof document === "undefined") return JSON.stringify({ globals })
  const select = (element) => {
    if (element.id) return "#" + CSS.escape(element.id)
    const steps = []
    for (let at = element; at && at !== document.body && at !== document.documentElement; at = at.parentElement) {
      if (at.id) return ["#" + CSS.escape(at.id), ...steps].join(" > ")
      const twins = at.parentElement ? [...at.parentElement.children].filter(({ localName }) => localName === at.localName) : []
      const place = twins.length > 1 ? ":nth-of-type(" + (twins.indexOf(at) + 1) + ")" : ""
      steps.unshift(at.localName + place)
    }
    return steps.join(" > ")
  }
  const isShown = (element) => element.getClientRects().length > 0
  const all = (selector, count) => [...document.querySelectorAll(selector)].filter(isShown).slice(0, count)
  const label = (element) =>
    element.getAttribute("aria-label") || element.labels?.[0]?.textContent || element.innerText || element.placeholder ||
    element.getAttribute("title") || element.getAttribute("name")
  return JSON.stringify({
    url: location.href,
    title: bounded(document.title, 200),
    readyState: document.readyState,
    viewport: innerWidth + "x" + innerHeight,
    focus: document.activeElement && document.activeElement !== document.body ? select(document.activeElement) : undefined,
    counts: { elements: document.getElementsByTagName("*").length, links: document.links.length, images: document.images.length, forms: document.forms.length, frames: frames.length },
    headings: all("h1,h2,h3", 20).map((heading) => heading.localName + " " + bounded(heading.innerText, 80)),
    controls: all("a[href],button,input,select,textarea,[role=button],[contenteditable]", 40).map((control) => ({
      selector: select(control),
      kind: control.type || control.getAttribute("role") || control.localName,
      label: bounded(label(control), 60),
    })),
    globals,
    text: bounded(document.body?.innerText, 1500),
  })
})()`
