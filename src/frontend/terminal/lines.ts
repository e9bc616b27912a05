import { createInterface } from "node:readline"
import { visible } from "./cells.ts"
import { continues } from "./completing.ts"
import { printCopies } from "./copies.ts"
import { exitCode } from "./exit-code.ts"
import { formatOutcome } from "./format.ts"
import { openHistory } from "./history-file.ts"
import { remembered } from "./history.ts"
import { blockEnd, createInputs, type Inputs } from "./inputs.ts"
import { followNews } from "./news.ts"
import { promptOf } from "./prompt.ts"
import { createSession, type Session } from "./session.ts"
import { howToSeeMore, showOutcome, showProblem } from "./show.ts"
import type { TerminalOptions } from "./terminal.ts"

/** Runs what the lines make up, one input after the other, until they end or it is over. */
async function runLines(
  input: NodeJS.ReadableStream,
  inputs: Inputs,
  session: Session,
  over: AbortSignal,
  ready: () => void = () => {},
): Promise<number> {
  let code: number = exitCode.value
  ready()
  for await (const line of createInterface({ input, signal: over, terminal: false })) {
    const whole = inputs.add(line)
    if (whole !== undefined) code = await session.submit(whole)
    if (over.aborted) break
    ready()
  }
  const rest = inputs.partial
  return rest === undefined || over.aborted ? code : session.submit(rest)
}

/**
 * Runs what comes through a pipe or from a file, input by input, each as soon as it is
 * whole. Values go to the output, all else to the errors. The exit code is the last input's.
 */
export async function runScript(options: TerminalOptions): Promise<number> {
  const { frontEnd, input, output, errors, style, language, signal, limits = {} } = options
  const columns = output.columns || 80
  const over = new AbortController()
  const inputs = createInputs((text) => continues(text, language))
  const session = createSession(
    { frontEnd, style, limits },
    {
      history: [],
      columns,
      print: (text) => void output.write(`${text}\n`),
      show(evaluation, text) {
        if (evaluation.outcome !== "value") errors.write(`${showOutcome(evaluation, text, style, columns)}\n`)
        else if (evaluation.result.type !== "undefined") output.write(`${formatOutcome(evaluation, style, columns)}\n`)
      },
      format: (evaluation) => formatOutcome(evaluation, style, columns),
      started() {},
      changed() {},
      dropped() {},
      startBlock: () => inputs.startBlock(),
      clear() {},
      leave: () => over.abort(),
    },
  )
  const interrupted = (): void => {
    over.abort()
    session.close()
  }
  if (signal?.aborted) interrupted()
  signal?.addEventListener("abort", interrupted, { once: true })
  const forgetCopies = printCopies(frontEnd, (text) => void errors.write(`${text}\n`))
  const code = await runLines(input, inputs, session, over.signal)
  forgetCopies()
  session.close()
  signal?.removeEventListener("abort", interrupted)
  return signal?.aborted ? exitCode.interrupted : code
}

/** For terminals that take no escapes, as in an editor's shell: they edit the line themselves, we ask and answer. */
export async function runDumb(options: TerminalOptions): Promise<number> {
  const { frontEnd, input, output, style, language, historyFile, signal, limits } = options
  const over = new AbortController()
  const inputs = createInputs((text) => continues(text, language))
  const columns = (): number => output.columns || 80
  let isAsking = false
  let hasInterrupted = false

  const ask = (): void => {
    isAsking = true
    output.write(inputs.partial === undefined ? promptOf(frontEnd, columns()).text : "… ")
  }
  /** Below the line being typed, which the terminal keeps; then it is asked for again. */
  const print = (text: string): void => {
    output.write(`${isAsking ? "\n" : ""}${text}\n`)
    if (isAsking) ask()
  }
  const complain = (problem: string): void => print(showProblem(problem, style))
  const file = historyFile === undefined ? undefined : openHistory(historyFile, complain)
  let history = file?.load() ?? []

  const session = createSession(
    { frontEnd, style, limits: { timeoutMs: 0, ...limits } },
    {
      get history() {
        return history
      },
      get columns() {
        return columns()
      },
      print,
      show: (evaluation, text) => print(showOutcome(evaluation, text, style, columns(), howToSeeMore)),
      format: (evaluation) => formatOutcome(evaluation, style, columns()),
      started(text) {
        isAsking = false
        hasInterrupted = false
        const before = history
        history = remembered(history, text)
        if (history !== before) file?.add(text)
      },
      changed() {},
      dropped() {},
      startBlock() {
        inputs.startBlock()
        print(style.hint(`a block: ends at a line that is "${blockEnd}"`))
      },
      clear() {},
      leave: () => over.abort(),
    },
  )

  const interrupt = (): void => {
    if (session.interrupt()) return
    if (inputs.partial === undefined && hasInterrupted) return over.abort()
    hasInterrupted = inputs.partial === undefined
    inputs.drop()
    print(style.hint(hasInterrupted ? "^C again, or ^D, to leave" : "dropped"))
  }
  const interrupted = (): void => {
    over.abort()
    session.close()
  }
  const forget = followNews(frontEnd, style, {
    print,
    get columns() {
      return columns()
    },
  })
  const forgetNotices = options.notices?.((text) => print(style.hint(visible(text))))
  const forgetCopies = printCopies(frontEnd, print)
  process.on("SIGINT", interrupt)
  if (signal?.aborted) interrupted()
  signal?.addEventListener("abort", interrupted, { once: true })

  if (options.banner !== undefined) print(options.banner)
  await runLines(input, inputs, session, over.signal, ask)
  session.close()
  forget()
  forgetNotices?.()
  forgetCopies()
  process.off("SIGINT", interrupt)
  signal?.removeEventListener("abort", interrupted)
  return signal?.aborted ? exitCode.interrupted : exitCode.value
}
