import type { RemoteObject } from "../../protocol/index.ts"
import type { ConsoleLine } from "../frontend.ts"
import { neutralise } from "../neutralise.ts"

/** Writes a value as results are written. */
type Format = (value: RemoteObject) => string

/** Writes data as a table; undefined where it makes none. */
type FormatTable = (data: RemoteObject, names: RemoteObject | undefined) => string | undefined

const indent = "  "
/** Deeper groups are indented no further. */
const maxIndents = 10

/** What a console shows of a line, by its kind. Without `formatTable` data is shown as it is. */
export function consoleText(
  { kind = "", args, group = 0, more, stack }: ConsoleLine,
  format: Format,
  formatTable?: FormatTable,
): string {
  const show: Format = (value) => (isText(value) ? neutralise(value.value) : format(value))
  const table = kind === "table" && args[0] ? formatTable?.(args[0], args[1]) : undefined
  const parts = table === undefined ? [...wordsOf(kind, args, show)] : [table]
  if (more !== undefined) parts.push(`… ${more} more arguments`)
  const text = parts.join(" ")
  const withFrames = kind === "trace" && stack !== undefined ? `${text}\n${neutralise(stack)}` : text
  // A heading stands outside of its own group.
  const depth = Math.min(kind.startsWith("group") ? group - 1 : group, maxIndents)
  return depth > 0 ? withFrames.replace(/^/gm, indent.repeat(depth)) : withFrames
}

function wordsOf(kind: string, args: readonly RemoteObject[], show: Format): readonly string[] {
  switch (kind) {
    case "count":
      return [labelled(args, show, "")]
    case "timeLog":
    case "timeEnd":
      return [labelled(args, show, " ms"), ...args.slice(2).map(show)]
    case "exception": {
      const [thrown] = args.map(show)
      // The browser's own word for what is no error begins so.
      return [thrown?.startsWith("Uncaught") ? thrown : `Uncaught ${thrown}`]
    }
    case "rejection":
      return ["Uncaught (in promise)", ...args.map(show)]
    case "assert":
      return ["Assertion failed:", ...filled(args, show)]
    case "trace":
      return ["Trace:", ...filled(args, show)]
    case "clear":
      return ["the console was cleared"]
    case "group":
      return ["▾", ...headed(args, show)]
    case "groupCollapsed":
      return ["▸", ...headed(args, show)]
    case "dir":
      // What may follow says how, not what.
      return args.slice(0, 1).map(show)
    case "table":
    case "dirxml":
      return args.map(show)
    default:
      return filled(args, show)
  }
}

function labelled([label, value]: readonly RemoteObject[], show: Format, unit: string): string {
  if (label === undefined || value === undefined) return ""
  return `${show(label)}: ${value.type === "undefined" ? "its start was not heard" : `${show(value)}${unit}`}`
}

function headed(args: readonly RemoteObject[], show: Format): readonly string[] {
  return args.length === 0 ? ["console.group"] : filled(args, show)
}

/** The first argument may say where in it the others go. */
function filled(args: readonly RemoteObject[], show: Format): readonly string[] {
  const [template, ...values] = args
  if (template === undefined || !isText(template)) return args.map(show)
  const pieces = template.value.split(/(%[sdifoOc%])/).map((piece, nth) => {
    if (nth % 2 === 0) return neutralise(piece)
    if (piece === "%%") return "%"
    const value = values.shift()
    return value === undefined ? piece : fill(piece, value, show)
  })
  return [pieces.join(""), ...values.map(show)]
}

function fill(specifier: string, value: RemoteObject, show: Format): string {
  switch (specifier) {
    case "%c":
      return ""
    case "%d":
    case "%i":
      return typeof value.value === "number" ? String(Math.trunc(value.value)) : show(value)
    default:
      return show(value)
  }
}

/** A string that came whole is shown bare, as any console does. */
function isText(value: RemoteObject): value is RemoteObject & { readonly value: string } {
  return typeof value.value === "string"
}
