import { Transform } from "node:stream"

/** What may stand before a head, and the head's own beginning: after it, a page's own scripts begin. */
const attributes = `(?:\\s(?:"[^"]*"|'[^']*'|[^>"'])*)?`
const beginning = new RegExp(
  `^(?:\u00EF\u00BB\u00BF)?(?:\\s+|<!doctype[^>]*>|<!--[^]*?-->|<\\?[^>]*>|<html${attributes}>)*(?:<head${attributes}>)?`,
  "i",
)

/** A page whose head has not begun after so many bytes will not get the script much sooner. */
const maxBytes = 64 * 1024

/** Where, in a page whose bytes are read as Latin-1, its own scripts may begin. */
export function headAt(page: string): number {
  return beginning.exec(page)![0].length
}

export interface Insertion {
  readonly tag: string
  /** What each element of the head becomes, such as `<meta …>`. @defaultValue itself */
  readonly changeElement?: (element: string) => string
}

/**
 * A page that flows through gets the tag where its head begins. Nothing is held back but a piece of the beginning, or an
 * element of the head, whose end is not there yet; bytes stay as they are.
 */
export function inserting({ tag, changeElement = (element) => element }: Insertion): Transform {
  let held = ""
  let part: "beginning" | "head" | "rest" = "beginning"

  function flow(isEnd: boolean): string {
    let out = ""
    if (part === "beginning") {
      const at = headAt(held)
      if (!isEnd && held.length < maxBytes && mayGoOn(held.slice(at))) return ""
      // An answer without a body is no page.
      if (held === "") return ""
      out = held.slice(0, at) + tag
      held = held.slice(at)
      part = "head"
    }
    if (part === "head") {
      const end = held.search(/<\/head|<body[\s>]/i)
      const head = end < 0 ? held : held.slice(0, end)
      const last = head.lastIndexOf("<")
      const isCut = end < 0 && !isEnd && head.length < maxBytes && last >= 0 && !head.includes(">", last)
      const whole = isCut ? last : head.length
      out += head.slice(0, whole).replace(/<meta\s[^>]*>/gi, changeElement)
      held = held.slice(whole)
      if (end >= 0) part = "rest"
      if (part === "head") return out
    }
    out += held
    held = ""
    return out
  }

  return new Transform({
    transform(chunk: Buffer, _, done) {
      if (part === "rest") return done(null, chunk)
      held += chunk.toString("latin1")
      done(null, Buffer.from(flow(false), "latin1"))
    },
    flush(done) {
      done(null, Buffer.from(flow(true), "latin1"))
    },
  })
}

/** Whether the beginning may go on in what comes next. */
function mayGoOn(after: string): boolean {
  if (after.startsWith("<!--")) return !after.includes("-->")
  return after === "" || (after.startsWith("<") && !after.includes(">"))
}
