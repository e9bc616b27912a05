import type { RuntimeInfo } from "../../protocol/index.ts"
import type { Evaluation, FrontEnd, LineQuery } from "../frontend.ts"
import { cut, numbered, tellLine, tellOutcome, tellRuntime, type Answer } from "./answer.ts"
import { summaryCode, waitCode } from "./page-code.ts"

/**
 * What each tool does, over a front end. What a page does makes none of them throw. The signal is aborted when the
 * agent no longer wants the answer.
 */

interface Where {
  /** An id, number or name; without it the target. */
  readonly runtime?: string | undefined
}

interface Bounds {
  readonly timeoutMs: number
  readonly maxChars: number
}

export function listRuntimes({ runtimes, target, state }: FrontEnd): Answer {
  return { bridge: state, runtimes: runtimes.map((runtime) => tellRuntime(runtime, target)) }
}

export async function evaluate(
  frontEnd: FrontEnd,
  { code, maxChars, ...limits }: { readonly code: string } & Where & Bounds,
  signal: AbortSignal,
): Promise<Answer> {
  return tellOutcome(await frontEnd.evaluate(code, { ...limits, signal }), maxChars)
}

/** A summary, and the latest lines in short; or those of the ids, whole. */
export async function readConsole(
  frontEnd: FrontEnd,
  {
    ids,
    maxChars,
    ...query
  }: Omit<LineQuery, "numbers"> & { readonly ids?: readonly number[] | undefined } & Pick<Bounds, "maxChars">,
): Promise<Answer> {
  const { runtime, lines, levels, dropped, forgotten, left } = await frontEnd.recall({
    ...query,
    ...(ids && { numbers: ids, limit: ids.length }),
  })
  const isWhole = ids !== undefined
  const told = lines.map((line) => tellLine(line, isWhole ? maxChars : Math.min(maxChars, shortChars), isWhole))
  return { runtime: numbered(runtime), levels, dropped, forgotten, left, lines: told }
}

const shortChars = 200

/** Waits over reloads of the page: the condition is asked again in the new one. */
export async function waitFor(
  frontEnd: FrontEnd,
  { condition, timeoutMs, maxChars, ...where }: { readonly condition: string } & Where & Bounds,
  signal: AbortSignal,
): Promise<Answer> {
  const startedAt = performance.now()
  let evaluation: Evaluation
  let leftMs = timeoutMs
  do {
    // The page itself ends the wait; the limit is for a page that does not answer.
    evaluation = await frontEnd.evaluate(waitCode(condition, leftMs), {
      ...where,
      signal,
      waitMs: leftMs,
      timeoutMs: leftMs + graceMs,
    })
    leftMs = Math.floor(timeoutMs - (performance.now() - startedAt))
  } while (evaluation.outcome === "lost" && leaves.includes(evaluation.result.code) && leftMs > 0)
  const waitedMs = Math.round(performance.now() - startedAt)
  return { isMet: evaluation.outcome === "value", waitedMs, ...tellOutcome(evaluation, maxChars) }
}

const leaves: readonly string[] = ["page-reloaded", "page-closed", "runtime-gone"]
const graceMs = 2000

/** Resolves when the pages are back, or with what is missing when the time is over. */
export async function reload(
  frontEnd: FrontEnd,
  { runtime, timeoutMs }: Where & Pick<Bounds, "timeoutMs">,
  signal: AbortSignal,
): Promise<Answer> {
  const asked = await frontEnd.reload({ ...(runtime !== undefined && { runtime }) })
  const isBack = ({ id, session }: { readonly id: string; readonly session: string }): RuntimeInfo | undefined =>
    frontEnd.runtimes.find((now) => now.id === id && now.session !== session && now.state === "ready")
  const areBack = (): boolean => asked.every(isBack)
  await until(areBack, frontEnd, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]))
  return { runtimes: asked.map((one) => ({ ...numbered(isBack(one) ?? one), isBack: isBack(one) !== undefined })) }
}

function until(holds: () => boolean, frontEnd: FrontEnd, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const undo = frontEnd.on("runtime", look)
    signal.addEventListener("abort", end, { once: true })
    look()

    function look(): void {
      if (holds() || signal.aborted) end()
    }
    function end(): void {
      undo()
      signal.removeEventListener("abort", end)
      resolve()
    }
  })
}

export async function summarisePage(
  frontEnd: FrontEnd,
  { maxChars, ...limits }: Where & Bounds,
  signal: AbortSignal,
): Promise<Answer> {
  const evaluation = await frontEnd.evaluate(summaryCode, { ...limits, signal })
  const told = tellOutcome(evaluation, maxChars)
  const { value } = evaluation.outcome === "value" ? evaluation.result : {}
  return typeof value === "string" ? { ...told, untrusted: cut(value, maxChars) } : told
}
