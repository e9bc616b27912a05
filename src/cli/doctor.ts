import { exitCode, neutraliseLine } from "../frontend/index.ts"
import { styleFor } from "./colour.ts"
import type { ReachOptions } from "./connect.ts"
import { diagnose } from "./doctor/diagnose.ts"
import { look } from "./doctor/look.ts"
import { exit, UsageError } from "./exit.ts"
import { catchInterrupts } from "./interrupts.ts"
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
  const signal = catchInterrupts()
  const where = { ...(url !== undefined && { url }), ...(port !== undefined && { port }) }
  const facts = await look({ page, waitMs: wait, signal, ...where })
  if (signal.aborted) return exitCode.interrupted
  const findings = diagnose(facts)
  const style = styleFor(process.stdout, options)
  for (const finding of findings) {
    const { cause, message, next } = finding
    const mark = cause === "connected" ? style.string("✓") : style.error("✗")
    const text = `${mark} ${neutraliseLine(message)}${next === undefined ? "" : style.hint(`; ${neutraliseLine(next)}`)}`
    print(json ? toJsonLine(finding) : text)
  }
  return findings.some(({ cause }) => cause === "connected") ? exit.done : exit.failed
}
