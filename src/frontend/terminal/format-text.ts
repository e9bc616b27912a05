import { neutraliseLine } from "../neutralise.ts"

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u

/** A text as code writes it, in the quotes that it holds none of. */
export function quote(text: string): string {
  const mark = !text.includes("'") ? "'" : !text.includes('"') ? '"' : /[`]|\$\{/.test(text) ? "'" : "`"
  const escaped = text.replaceAll("\\", "\\\\").replaceAll(mark, `\\${mark}`)
  return mark + neutraliseLine(escaped) + mark
}

/** Whether a key needs no quotes. Identifiers may hold what nobody sees: those need them. */
export function isIdentifier(key: string): boolean {
  return identifier.test(key) && neutraliseLine(key) === key
}

/** `1,204` */
export function written(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ",")
}

/** `1,204 items` */
export function counted(count: number, what: string): string {
  return `${written(count)} ${what}${count === 1 ? "" : "s"}`
}
