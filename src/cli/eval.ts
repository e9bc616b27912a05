import { readFile } from "node:fs/promises"
import { addAbortSignal } from "node:stream"
import { text } from "node:stream/consumers"
import {
  exitCode,
  exitCodeOf,
  formatOutcome,
  neutralise,
  neutraliseLine,
  printCopies,
  showOutcome,
  type Evaluation,
  type FrontEnd,
} from "../frontend/index.ts"
import { styleFor } from "./colour.ts"
import { connect, type ReachOptions } from "./connect.ts"
import { UsageError } from "./exit.ts"
import { catchInterrupts } from "./interrupts.ts"
import { print, tell, toJsonLine } from "./output.ts"

export interface EvalOptions extends ReachOptions {
  readonly file?: string
  readonly runtime?: string
  readonly wait?: number
  readonly timeout: number
  readonly raw?: true
}

export async function evaluate(words: string | undefined, options: EvalOptions): Promise<number> {
  const interrupt = catchInterrupts()
  const code = await readCode(words, options, interrupt)
  if (interrupt.aborted) return exitCode.interrupted
  const { runtime, wait, timeout } = options
  const frontEnd = await connect(options, { name: "cli", connectMs: wait ?? 0, signal: interrupt })
  tellWaits(frontEnd, options)
  printCopies(frontEnd, (line) => tell(line, options))

  const everyone = runtime === "all" && frontEnd.runtimes.length > 0
  const runtimes = everyone ? frontEnd.runtimes.map(({ id }) => id) : [runtime === "all" ? undefined : runtime]
  // Who takes it as it is wants all of it.
  const whole = (options.raw || options.json) ?? false
  const limits = { timeoutMs: timeout, whole, signal: interrupt, ...(wait !== undefined && { waitMs: wait }) }
  const evaluating = runtimes.map((target) =>
    frontEnd.evaluate(code, { ...limits, ...(target !== undefined && { runtime: target }) }),
  )
  let worst: number = exitCode.value
  for (const outcome of evaluating) {
    const evaluation = await outcome
    show(evaluation, code, options, everyone)
    worst = Math.max(worst, exitCodeOf(evaluation))
  }
  await frontEnd.close()
  return worst
}

async function readCode(words: string | undefined, { file }: EvalOptions, interrupt: AbortSignal): Promise<string> {
  if (words !== undefined && file !== undefined) throw new UsageError("either code or --file, not both")
  if (file !== undefined) return readText(file)
  if (words === undefined) throw new UsageError('nothing to evaluate: pass code, --file PATH, or "-" for stdin')
  return words === "-" ? readInput(interrupt) : words
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8")
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${(error as Error).message}`)
  }
}

async function readInput(interrupt: AbortSignal): Promise<string> {
  try {
    return await text(addAbortSignal(interrupt, process.stdin))
  } catch (error) {
    if (interrupt.aborted) return ""
    throw error
  }
}

/** Who waits should know for what. */
function tellWaits(frontEnd: FrontEnd, options: EvalOptions): void {
  frontEnd.on("waiting", ({ reason }) => tell(`waiting: ${neutraliseLine(reason)}`, options))
  frontEnd.on("state", ({ from, to }) => {
    if (from === "ready" && to !== "stopped") tell("waiting: the bridge is away", options)
  })
}

function show(evaluation: Evaluation, code: string, options: EvalOptions, isLabelled: boolean): void {
  const { id, outcome, runtime, durationMs, result } = evaluation
  if (options.json) return print(toJsonLine({ id, outcome, runtime, durationMs, result }))
  const stream = outcome === "value" ? process.stdout : process.stderr
  const label = isLabelled && runtime !== undefined ? `${runtime.number} ${neutraliseLine(runtime.name)}: ` : ""
  stream.write(`${label}${format(evaluation, code, options, stream)}\n`)
}

function format(evaluation: Evaluation, code: string, options: EvalOptions, stream: NodeJS.WriteStream): string {
  const { outcome, result } = evaluation
  const style = styleFor(stream, options)
  const columns = stream.columns ?? 80
  if (outcome !== "value") return showOutcome(evaluation, code, style, columns)
  if (!options.raw || typeof result.value !== "string") return formatOutcome(evaluation, style, columns)
  // A terminal would obey what a page put into its text; a pipe gets it as it is.
  return stream.isTTY ? neutralise(result.value) : result.value
}
