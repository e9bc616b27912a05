import type { Evaluation, EvaluateOptions, FrontEnd } from "../frontend.ts"
import { call, commandIn, type Desk } from "./commands.ts"
import { exitCode, exitCodeOf } from "./exit-code.ts"
import type { History } from "./history.ts"
import { createInspection } from "./inspection.ts"
import type { Style } from "./style.ts"

export type Limits = Pick<EvaluateOptions, "runtime" | "waitMs" | "timeoutMs">

/** What a session needs from the way it is shown: on a screen, line by line, or into a pipe. */
export interface Stage {
  readonly history: History
  readonly columns: number
  print(text: string): void
  show(evaluation: Evaluation, code: string): void
  format(evaluation: Evaluation): string
  /** The input's turn has come. */
  started(input: string): void
  /** Something began or ended to be waited for, or is waited for for another reason. */
  changed(): void
  /** So many inputs, typed while another was waited for, will not run. */
  dropped(count: number): void
  startBlock(): void
  clear(): void
  leave(): void
}

export interface Waiting {
  readonly since: number
  readonly reason: string | undefined
}

/** Runs inputs one after the other, in the order in which they were typed. */
export interface Session {
  /** What is being waited for, if anything. */
  readonly waiting: Waiting | undefined
  /** Resolves with the input's exit code, once it has run. */
  submit(input: string): Promise<number>
  /** Cancels what is waited for and drops what was typed ahead. False when there was nothing. */
  interrupt(): boolean
  close(): void
}

interface Run {
  readonly since: number
  readonly cancel: AbortController
  reason: string | undefined
}

export interface SessionParts {
  readonly frontEnd: FrontEnd
  readonly style: Style
  readonly limits: Limits
}

export function createSession({ frontEnd, style, limits }: SessionParts, stage: Stage): Session {
  const queue: { readonly input: string; readonly settle: (code: number) => void }[] = []
  const evaluated: string[] = []
  let current: Run | undefined

  const ask = (code: string, options: EvaluateOptions = limits): Promise<Evaluation> =>
    frontEnd.evaluate(code, { ...options, ...(current && { signal: current.cancel.signal }) })

  const inspection = createInspection(frontEnd, style, () => stage.columns)

  const evaluate = async (code: string): Promise<number> => {
    const evaluation = await ask(code)
    if (evaluation.outcome === "value") inspection.last = evaluation.result
    stage.show(evaluation, code)
    return exitCodeOf(evaluation)
  }

  const desk: Desk = {
    frontEnd,
    style,
    evaluated,
    inspection,
    get history() {
      return stage.history
    },
    print: (text) => stage.print(text),
    run: evaluate,
    ask: (code, runtime) => ask(code, { ...limits, ...(runtime && { runtime }) }),
    show: (evaluation, code) => stage.show(evaluation, code),
    format: (evaluation) => stage.format(evaluation),
    startBlock: () => stage.startBlock(),
    clear: () => stage.clear(),
    leave: () => stage.leave(),
  }

  const run = async (input: string): Promise<number> => {
    const called = commandIn(input)
    if (called !== undefined) return call(called, desk)
    if (input.trim() === "") return exitCode.value
    evaluated.push(input)
    return evaluate(input)
  }

  const next = async (): Promise<void> => {
    const entry = queue.shift()
    if (entry === undefined) return
    current = { since: performance.now(), cancel: new AbortController(), reason: undefined }
    stage.started(entry.input)
    stage.changed()
    const code = await run(entry.input)
    current = undefined
    stage.changed()
    entry.settle(code)
    void next()
  }

  const drop = (): number => {
    const dropped = queue.splice(0)
    for (const { settle } of dropped) settle(exitCode.interrupted)
    return dropped.length
  }

  const forget = frontEnd.on("waiting", ({ reason }) => {
    if (current === undefined) return
    current.reason = reason
    stage.changed()
  })

  return {
    get waiting() {
      return current
    },
    submit(input) {
      return new Promise((settle) => {
        queue.push({ input, settle })
        if (current === undefined) void next()
      })
    },
    interrupt() {
      if (current === undefined) return false
      current.cancel.abort()
      const count = drop()
      if (count > 0) stage.dropped(count)
      return true
    },
    close() {
      forget()
      current?.cancel.abort()
      drop()
    },
  }
}
