import type { RuntimeInfo } from "../../protocol/index.ts"
import { columnsOf, fit, visible } from "./cells.ts"
import { runtimeState } from "./runtime-state.ts"

const maxName = 40

/** One line for each runtime, their columns as wide as their widest cell. */
export function runtimeTable(runtimes: readonly RuntimeInfo[]): readonly string[] {
  const rows = runtimes.map(rowOf)
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => columnsOf(row[column]!))))
  return rows.map((row) =>
    row
      .map((cell, column) => cell + " ".repeat(Math.max(0, (widths[column] ?? 0) - columnsOf(cell))))
      .join("  ")
      .trimEnd(),
  )
}

function rowOf(runtime: RuntimeInfo): readonly string[] {
  const { number, name, title, visible: isVisible } = runtime
  const hidden = isVisible ? [] : ["(hidden)"]
  return [`${number}`, fit(name, maxName), runtimeState(runtime), visible(whereOf(runtime)), visible(title), ...hidden]
}

/** The bridge verified the origin; the URL is what the page says. */
function whereOf({ origin, url }: RuntimeInfo): string {
  const claimed = URL.canParse(url) ? new URL(url).origin : ""
  return origin === "" || claimed === origin ? url : `${origin} (it says ${url})`
}
