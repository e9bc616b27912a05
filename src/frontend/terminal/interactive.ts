import type { EventEmitter } from "node:events"
import { emitKeypressEvents, type Interface, type Key as Keypress } from "node:readline"
import type { Buffer } from "./buffer.ts"
import { visible } from "./cells.ts"
import { answerAsking, followAsking } from "./asking.ts"
import { candidatesFor, continues } from "./completing.ts"
import { copyToClipboard } from "./copies.ts"
import { createEditor, type Editor } from "./editor-state.ts"
import { step, type EditorEffect, type EditorEvent } from "./editor.ts"
import { exitCode } from "./exit-code.ts"
import { formatOutcome } from "./format.ts"
import { openHistory } from "./history-file.ts"
import { createKeyReader } from "./keys.ts"
import { followNews } from "./news.ts"
import { promptOf, seatOf, statusOf } from "./prompt.ts"
import { emptyFrame, render, renderSubmitted, type Frame, type Size, type View } from "./render.ts"
import { createScreen } from "./screen.ts"
import { createSession } from "./session.ts"
import { howToSeeMore, showOutcome, showProblem } from "./show.ts"
import type { TerminalOptions } from "./terminal.ts"
import { onWayOut } from "./ways-out.ts"

/** Until then nothing is said about a wait: most evals are over before one could read it. */
const silentMs = 150
const tickMs = 1000
/** How long an ESC may be the first byte of a longer key. */
const escapeCodeTimeout = 100

function listen(emitter: EventEmitter, event: string, listener: (...details: any[]) => void): () => void {
  emitter.on(event, listener)
  return () => emitter.off(event, listener)
}

/** The terminal with all it can do: every key counts, and what is printed goes above the line being typed. */
export function runInteractive(options: TerminalOptions): Promise<number> {
  const { frontEnd, input, output, style, language, historyFile, signal } = options
  const screen = createScreen(input, output, draw)
  const complain = (problem: string): void => screen.print(showProblem(problem, style))
  const history = historyFile === undefined ? undefined : openHistory(historyFile, complain)
  const readKey = createKeyReader()
  let editor = createEditor(history?.load() ?? [])
  let completion: AbortController | undefined
  /** The agent's eval that was asked about when the line was begun. */
  let question: string | undefined
  let hasInterrupted = false
  let tick: NodeJS.Timeout | undefined
  let isOver = false

  const session = createSession(
    { frontEnd, style, limits: { timeoutMs: 0, ...options.limits } },
    {
      get history() {
        return editor.history
      },
      get columns() {
        return screen.columns
      },
      print: (text) => screen.print(text),
      show: (evaluation, text) => screen.print(showOutcome(evaluation, text, style, screen.columns, howToSeeMore)),
      format: (evaluation) => formatOutcome(evaluation, style, screen.columns),
      started: stays,
      changed,
      dropped: (count) => screen.print(style.hint(`${count} more, typed ahead, will not run`)),
      startBlock: () => happen({ kind: "block" }),
      clear: () => screen.clear(),
      leave: () => leave(exitCode.value),
    },
  )

  function view(shown: Editor, { columns }: Size, status?: string): View {
    const { text, isReady } = promptOf(frontEnd, columns)
    return { editor: shown, prompt: text, isReady, status }
  }

  function draw(size: Size): Frame {
    const { waiting } = session
    if (waiting === undefined) return render(view(editor, size), size, style)
    const forMs = performance.now() - waiting.since
    const isSilent = forMs < silentMs
    if (isSilent && editor.buffer.text === "") return emptyFrame
    const status = isSilent ? undefined : statusOf(frontEnd, { forMs, reason: waiting.reason })
    return render(view(editor, size, status), size, style)
  }

  /** Prints an input as it was typed, above the prompt. */
  function stays(text: string): void {
    const { size } = screen
    const rows = renderSubmitted(view({ ...createEditor([]), buffer: { text, cursor: 0 } }, size), size, style)
    screen.print(rows.map((row) => row.text).join("\n"))
  }

  function changed(): void {
    clearTimeout(tick)
    tick = undefined
    if (session.waiting !== undefined) tick = setTimeout(tickOn, silentMs)
    else countOn()
    screen.refresh()
  }

  function tickOn(): void {
    screen.refresh()
    countOn()
  }

  /** While seconds are shown, and only then. */
  function countOn(): void {
    const isCounting = session.waiting !== undefined || seatOf(frontEnd)?.busyMs !== undefined
    tick = isCounting ? setTimeout(tickOn, tickMs) : undefined
  }

  /** What the prompt shows is not as before. */
  function promptChanged(): void {
    if (tick === undefined) countOn()
    screen.refresh()
  }

  function happen(event: EditorEvent): void {
    const before = editor.history
    const { editor: after, effects } = step(editor, event, (text) => continues(text, language))
    editor = after
    if (after.history !== before) history?.add(after.history.at(-1)!)
    if (after.asked === undefined) completion?.abort()
    for (const effect of effects) perform(effect)
    screen.refresh()
  }

  function perform(effect: EditorEffect): void {
    switch (effect.kind) {
      case "submit":
        return answerAsking(frontEnd, effect.text, question, (text) => screen.print(style.hint(text)))
          ? undefined
          : void session.submit(effect.text)
      case "complete":
        return void complete(effect.asked)
      case "interrupt":
        if (hasInterrupted) return leave(exitCode.value)
        hasInterrupted = true
        return screen.print(style.hint("^C again, or ^D, to leave"))
      case "leave":
        return leave(exitCode.value)
      case "clear-screen":
        return screen.clear()
      case "suspend":
        return suspend()
      default:
        return effect satisfies never
    }
  }

  async function complete(asked: Buffer): Promise<void> {
    completion = new AbortController()
    const { signal: isStale } = completion
    try {
      const candidates = await candidatesFor(asked, frontEnd, language, isStale)
      if (!isStale.aborted) happen({ kind: "candidates", asked, candidates })
    } catch (error) {
      if (!isStale.aborted) complain(`no completion: ${(error as Error).message}`)
    }
  }

  function press(character: string | undefined, keypress: Keypress): void {
    const key = readKey(character, keypress)
    if (key === undefined) return
    if (editor.buffer.text === "") question = frontEnd.asking[0]?.id
    const isInterrupt = key.kind === "named" && key.name === "ctrl-c"
    if (!isInterrupt) hasInterrupted = false
    if (!isInterrupt || !session.interrupt()) happen({ kind: "key", key })
  }

  /** To the shell and back. Where no shell is there to stop us, the terminal is taken again at once. */
  function suspend(): void {
    if (process.platform === "win32") return
    screen.release()
    process.kill(0, "SIGTSTP")
    setTimeout(resume, silentMs)
  }

  /** Whoever had the terminal meanwhile may have set it up anew. */
  function resume(): void {
    if (isOver) return
    screen.release()
    screen.take()
  }

  function leave(code: number): void {
    if (isOver) return
    isOver = true
    clearTimeout(tick)
    completion?.abort()
    session.close()
    for (const undo of undos) undo()
    screen.release()
    input.pause()
    end(code)
  }

  let end: (code: number) => void
  const ended = new Promise<number>((resolve) => (end = resolve))
  const interrupted = (): void => leave(exitCode.interrupted)
  const hungUp = (): void => leave(exitCode.value)

  signal?.addEventListener("abort", interrupted)
  emitKeypressEvents(input, { escapeCodeTimeout } as unknown as Interface)
  const undos = [
    listen(input, "keypress", press),
    listen(input, "end", hungUp),
    listen(process, "SIGCONT", resume),
    () => signal?.removeEventListener("abort", interrupted),
    onWayOut(() => screen.release()),
    followNews(frontEnd, style, screen),
    followAsking(frontEnd, style, screen),
    options.notices?.((text) => screen.print(style.hint(visible(text)))) ?? (() => {}),
    copyToClipboard(frontEnd, style, (text) => screen.print(text)),
    ...(["runtime", "target", "state"] as const).map((event) => frontEnd.on(event, promptChanged)),
    frontEnd.on("state", ({ to }) => {
      if (to === "gave-up") leave(exitCode.noBridge)
      if (to === "stopped") leave(exitCode.value)
    }),
    frontEnd.on("refused", ({ reason }) => {
      complain(`refused by the bridge: ${reason}`)
      leave(exitCode.noBridge)
    }),
  ]
  if (options.banner !== undefined) screen.print(options.banner)
  screen.take()
  input.resume()
  if (signal?.aborted) interrupted()
  return ended
}
