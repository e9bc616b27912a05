import type { RemoteObject } from "../../protocol/index.ts"
import type { FrontEnd } from "../frontend.ts"
import { formatValue } from "./format.ts"
import { counted } from "./format-text.ts"
import { partsShown, viewOf } from "./format-view.ts"
import type { Style } from "./style.ts"

/** What is shown of a value in one go: in objects, in parts of each, in characters. */
const limits = { depth: 10, count: 1000, length: 200_000 } as const
/** What is printed in one go. */
const pageRows = 100

/** A value looked at more closely than its outcome tells, page by page. */
export interface Inspection {
  /** The value that `.inspect` alone is about. */
  last: RemoteObject | undefined
  /** The first page of a value. Rejects where the value is gone. */
  begin(value: RemoteObject): Promise<string>
  /** The next page; undefined after the last. */
  goOn(): Promise<string | undefined>
}

export function createInspection(
  { expand }: Pick<FrontEnd, "expand">,
  style: Style,
  columns: () => number,
): Inspection {
  let rows: string[] = []
  let rest: (() => Promise<void>) | undefined

  async function read(objectId: string, offset: number): Promise<void> {
    const value = await expand(objectId, { ...limits, offset })
    rows = formatValue(value, style, columns(), { depth: limits.depth, entries: limits.count, offset }).split("\n")
    const { shown, left } = partsShown(viewOf(value), offset)
    rest = shown > 0 && left > 0 ? () => read(objectId, offset + shown) : undefined
  }

  function page(): string {
    const text = rows.splice(0, pageRows).join("\n")
    if (rows.length > 0) return `${text}\n${style.hint(`… ${counted(rows.length, "more line")}: .more`)}`
    return rest === undefined ? text : `${text}\n${style.hint("… .more shows the next ones")}`
  }

  return {
    last: undefined,

    async begin(value) {
      const { objectId } = value
      rest = undefined
      if (objectId !== undefined) await read(objectId, 0)
      // It came as a whole.
      else rows = formatValue(value, style, columns(), { depth: 100, entries: Infinity }).split("\n")
      return page()
    },

    async goOn() {
      if (rows.length === 0) await rest?.()
      return rows.length === 0 ? undefined : page()
    },
  }
}
