import { neutralise } from "../neutralise.ts"
import { block, type Block } from "./format-layout.ts"
import type { Style } from "./style.ts"

const frame = /^\s+at /
/** As Firefox and Safari write it: `name@file:line:column`. */
const otherFrame = /^([^@\n]*)@(\S+:\d+:\d+)$/

/**
 * A stack with its name and message, as every engine's would look in V8. The
 * lines of a message are indented, so that none looks like ours.
 */
export function formatError(text: string, className: string, style: Style, indent: number): Block {
  const [first = "", ...others] = withClass(neutralise(text), className).split("\n")
  const margin = " ".repeat(indent)
  const rest = others.map((line) => {
    const shown = line.replace(
      otherFrame,
      (_, name: string, place: string) => `    at ${name ? `${name} (${place})` : place}`,
    )
    return frame.test(shown) ? style.hint(`${margin}${shown}`) : style.error(`${margin}    ${shown}`)
  })
  return { ...block(first, style.error), text: [style.error(first), ...rest].join("\n"), isTall: rest.length > 0 }
}

/** A subclass that sets no `name` is called by its parent's in the stack. */
function withClass(text: string, className: string): string {
  const [, name = ""] = /^([\w$]*Error)\b/.exec(text) ?? []
  return className.endsWith("Error") && name !== "" && !text.split("\n", 1)[0]!.includes(className)
    ? className + text.slice(name.length)
    : text
}
