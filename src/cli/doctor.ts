import { neutraliseLine } from "../frontend/index.ts"
import { styleFor } from "./colour.ts"
import type { ReachOptions } from "./connect.ts"
import { diagnose } from "./doctor/diagnose.ts"
import { look } from "./doctor/look.ts"
import { exit, UsageError } from "./exit.ts"
import { print, tell, toJsonLine } from "./output.ts"

export interface DoctorOptions extends ReachOptions {
  /** In milliseconds. */
  readonly wait: number
}

/** Says why a page does not connect, one line for each thing that is the case. */
export async function doctor(page: string, options: DoctorOptions): Promise<number> {
  if (!URL.canParse(page) || !/^https?:$/.test(new URL(page).protocol)) {
    throw new UsageError(`the page's URL must be like http://localhost:3000/, not ${JSON.stringify(page)}`)
  }
  const { url, port, wait, json } = options
  tell(`loading ${page}, and waiting for it to connect …`, { quiet: json ?? options.quiet ?? false })
  const where = { ...(url !== undefined && { url }), ...(port !== undefined && { port }) }
  const findings = diagnose(await look({ page, waitMs: wait, ...where }))
  const style = styleFor(process.stdout, options)
  for (const finding of findings) {
    const { cause, message, next } = finding
    const mark = cause === "connected" ? style.string("✓") : style.error("✗")
    const text = `${mark} ${neutraliseLine(message)}${next === undefined ? "" : style.hint(`; ${neutraliseLine(next)}`)}`
    print(json ? toJsonLine(finding) : text)
  }
  return findings.some(({ cause }) => cause === "connected") ? exit.done : exit.failed
}
