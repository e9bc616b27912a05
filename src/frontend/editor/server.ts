import { fileURLToPath } from "node:url"
import { topForms } from "../../language/index.ts"
import type { AnsweringRuntime, Outcome } from "../../protocol/index.ts"
import { isFinalState } from "../channel.ts"
import { FrontEndError } from "../errors.ts"
import type { Evaluation, FrontEnd } from "../frontend.ts"
import { neutralise } from "../neutralise.ts"
import { consoleText } from "../terminal/console-text.ts"
import { formatValue } from "../terminal/format.ts"
import { plainStyle } from "../terminal/style.ts"
import {
  CompletionItemKind,
  DiagnosticSeverity,
  ErrorCodes,
  framed,
  LSPErrorCodes,
  MarkupKind,
  MessageType,
  openConnection,
  ResponseError,
  TextDocumentSyncKind,
  type CancellationToken,
  type CodeAction,
  type CodeLens,
  type CompletionList,
  type Diagnostic,
  type Hover,
  type InitializeParams,
  type InitializeResult,
  type InlayHint,
} from "./connection.ts"
import { followDocuments, type Document, type Range } from "./documents.ts"
import type { EditorOptions } from "./index.ts"
import { lineByLine } from "./lines.ts"
import { chainAt, continuationAt, continuationIn, writable } from "./live.ts"
import { pieceOf, type Extent } from "./piece.ts"
import { Results } from "./results.ts"
import { statusOf } from "./status.ts"
import { harmless, textsOf } from "./text.ts"
import { invalid, readCount, readEvalWish, readOptionalText, readParams, readText, type EvalWish } from "./wishes.ts"

/** An outcome as an editor is told it: the fields of `eval --json`, and how to show it. */
interface EvalAnswer {
  readonly id: string
  readonly outcome: Outcome["outcome"]
  readonly runtime: AnsweringRuntime | null
  readonly durationMs: number
  readonly result: Outcome["result"]
  /** In as many lines as it takes. */
  readonly text: string
  readonly line: string
  /** The code in its document. */
  readonly range?: Range
}

/** What an editor may wish for when it begins. */
interface Wishes {
  readonly name: string
  readonly runtime: string | undefined
  readonly showsCodeLenses: boolean
  /** False where a plugin draws them itself; errors are diagnostics in any case. */
  readonly showsResults: boolean
  readonly canRefreshHints: boolean
  readonly hasInlayHints: boolean
}

const evalCommands: Readonly<Record<string, Extent>> = {
  "replBridge.evalSelection": "selection",
  "replBridge.evalLine": "line",
  "replBridge.evalForm": "form",
  "replBridge.evalFile": "file",
}
const titles: Readonly<Record<Extent, string>> = {
  selection: "Eval selection",
  line: "Eval line",
  form: "Eval statement",
  file: "Eval file",
}

const messageTypes: Readonly<Record<string, MessageType>> = {
  error: MessageType.Error,
  warn: MessageType.Warning,
  info: MessageType.Info,
}

/** Speaks with one editor until it leaves; resolves with the exit code. */
export function serveEditor(options: EditorOptions): Promise<number> {
  const { input, output, wire, eraseTypes, signal } = options
  const { reader, writer } = (wire === "framed" ? framed : lineByLine)(input, output)
  const connection = openConnection({ reader, writer })
  const results = new Results()
  const running = new Set<AbortController>()
  let wishes: Wishes | undefined = wire === "lines" ? { ...wishesOf({ name: "rpc" }), hasInlayHints: true } : undefined
  let frontEnd: FrontEnd | undefined
  let lastStatus = ""
  let isStatusDue = false
  /** What was last said to stand in a document, as JSON. */
  const published = new Map<string, string>()
  let isShutDown = false
  let isOver = false

  const documentOf = followDocuments(connection, {
    changed(document, before) {
      results.changed(document, before)
      publish(document.uri)
    },
    closed(uri) {
      results.clear(uri)
      publish(uri)
    },
  })

  function say(method: string, params: object): void {
    if (!isOver) void connection.sendNotification(method, params)
  }

  function wished(): Wishes {
    if (wishes === undefined) throw new ResponseError(ErrorCodes.ServerNotInitialized, "initialize comes first")
    return wishes
  }

  /** Opened when it is first needed: by then the editor has said its name. */
  function ask(): FrontEnd {
    const { name } = wished()
    frontEnd ??= follow(options.open({ name, cwd: folder }))
    return frontEnd
  }
  let folder: string | undefined

  function follow(opened: FrontEnd): FrontEnd {
    opened.on("state", ({ from, to }) => {
      tellStatus()
      if (to === "ready") void choose()
      if (from === "ready" && !options.reconnect && !isShutDown && !isOver) dropped()
    })
    opened.on("runtime", tellStatus)
    opened.on("target", tellStatus)
    opened.on("console", (line) => {
      const text = consoleText(line, (value) => formatValue(value, plainStyle, 80))
      const type = messageTypes[line.level] ?? MessageType.Log
      const message = neutralise(`${line.runtime.name}: ${text}`)
      say("window/logMessage", { type, message })
    })
    opened.on("evaluated", (evaluated) => say("replBridge/evaluated", evaluated))
    return opened
  }

  /** The runtime that was wished for from the start, until there is one. */
  async function choose(): Promise<void> {
    const { runtime } = wished()
    if (runtime === undefined || frontEnd?.target !== undefined) return
    await frontEnd?.use(runtime).catch(() => undefined)
  }

  /** Once all is done that has to do with a change. */
  function tellStatus(): void {
    if (isStatusDue) return
    isStatusDue = true
    queueMicrotask(() => {
      isStatusDue = false
      sayStatus()
    })
  }

  function sayStatus(): void {
    if (frontEnd === undefined) return
    const status = statusOf(frontEnd)
    const text = JSON.stringify(status)
    if (text === lastStatus) return
    lastStatus = text
    say("replBridge/status", status)
  }

  /** A front end that is at its bridge, or that has found none. */
  async function arrive(): Promise<FrontEnd> {
    const here = ask()
    const isDecided = (): boolean => here.state === "ready" || here.state === "waiting" || isFinalState(here.state)
    if (isDecided()) return here
    await new Promise<void>((decided) => {
      const forget = here.on("state", () => {
        if (!isDecided()) return
        forget()
        decided()
      })
    })
    return here
  }

  async function evaluate(wish: EvalWish, token: CancellationToken): Promise<EvalAnswer> {
    const { runtime, waitMs, timeoutMs } = wish
    const stop = new AbortController()
    const limits = {
      signal: stop.signal,
      ...(runtime !== undefined && { runtime }),
      ...(waitMs !== undefined && { waitMs }),
      ...(timeoutMs !== undefined && { timeoutMs }),
    }
    const { code, place } = "code" in wish ? { code: wish.code, place: undefined } : codeOf(wish)
    const showBeside = place && results.begin(place.uri, place.range)
    if (place) publish(place.uri)
    running.add(stop)
    // One that is cancelled already tells nobody.
    if (token.isCancellationRequested) stop.abort()
    token.onCancellationRequested(() => stop.abort())
    const evaluation = await ask().evaluate(code, limits)
    running.delete(stop)
    const document = place && documentOf(place.uri)
    if (document && showBeside?.(document, evaluation)) publish(document.uri)
    return { ...answerOf(evaluation), ...(place && { range: place.range }) }
  }

  function codeOf({ uri, extent, range }: Extract<EvalWish, { uri: string }>) {
    const document = openDocument(uri)
    const { text, blocks } = document
    const span = { from: document.offsetAt(range.start), to: document.offsetAt(range.end) }
    const piece = pieceOf({ text, blocks }, extent, span, eraseTypes)
    if (typeof piece === "string") throw new ResponseError(LSPErrorCodes.RequestFailed, piece)
    const place = { uri, range: { start: document.positionAt(piece.from), end: document.positionAt(piece.to) } }
    return { code: text.slice(piece.from, piece.to), place }
  }

  function openDocument(uri: string): Document {
    const document = documentOf(uri)
    if (document === undefined) throw invalid(`${uri} is not open`)
    return document
  }

  /** Says anew what stands beside the lines of a document. */
  function publish(uri: string): void {
    const { showsResults, canRefreshHints } = wished()
    const diagnostics = results.of(uri).flatMap(({ problem, text }): readonly Diagnostic[] => {
      if (problem === undefined) return []
      return [{ range: problem, severity: DiagnosticSeverity.Error, source: "repl-bridge", message: text }]
    })
    const text = JSON.stringify(diagnostics)
    if (text !== (published.get(uri) ?? "[]")) say("textDocument/publishDiagnostics", { uri, diagnostics })
    published.set(uri, text)
    if (showsResults && canRefreshHints) connection.languages.inlayHint.refresh().catch(() => undefined)
  }

  connection.onInitialize((params): InitializeResult => {
    wishes = wishesOf(params.initializationOptions ?? {}, params)
    folder = folderOf(params)
    return {
      serverInfo: { name: "repl-bridge", version: options.version },
      capabilities: {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
        hoverProvider: true,
        completionProvider: { triggerCharacters: ["."] },
        codeActionProvider: { codeActionKinds: ["replBridge"] },
        inlayHintProvider: wishes.showsResults,
        ...(wishes.showsCodeLenses && { codeLensProvider: {} }),
        executeCommandProvider: {
          commands: [
            ...Object.keys(evalCommands),
            "replBridge.chooseRuntime",
            "replBridge.reload",
            "replBridge.cancel",
          ],
        },
      },
    }
  })
  connection.onInitialized(() => {
    ask()
    tellStatus()
  })

  connection.onCompletion(async ({ textDocument, position }): Promise<CompletionList | null> => {
    const document = documentOf(textDocument.uri)
    const continuation = document && continuationAt(document, position)
    if (!document || !continuation) return null
    const { chain, prefix, from } = continuation
    const live = await ask()
      .complete(chain, prefix)
      .catch(() => undefined)
    if (live === undefined) return null
    const range = { start: document.positionAt(from), end: position }
    const kind = chain.length === 0 ? CompletionItemKind.Variable : CompletionItemKind.Property
    const items = writable(live.names, continuation).map((label, index) => ({
      label,
      kind,
      detail: "live",
      // Behind whatever others know: the last characters of ASCII.
      sortText: `~~${String(index).padStart(4, "0")}`,
      textEdit: { range, newText: label },
    }))
    return { isIncomplete: live.isCut, items }
  })

  connection.onHover(async ({ textDocument, position }): Promise<Hover | null> => {
    const document = documentOf(textDocument.uri)
    const named = document && chainAt(document, position)
    if (!document || !named) return null
    const live = await ask()
      .look(named.chain)
      .catch(() => undefined)
    if (live === undefined) return null
    const range = { start: document.positionAt(named.from), end: document.positionAt(named.to) }
    return { contents: { kind: MarkupKind.PlainText, value: `live: ${formatValue(live, plainStyle, 80)}` }, range }
  })

  connection.onCodeAction(({ textDocument, range }): CodeAction[] => {
    const isEmpty = range.start.line === range.end.line && range.start.character === range.end.character
    const meant: readonly Extent[] = isEmpty ? ["form", "line"] : ["selection"]
    return meant.map((extent) => ({
      title: titles[extent],
      kind: "replBridge",
      command: commandFor(extent, textDocument.uri, range),
    }))
  })

  connection.onCodeLens(({ textDocument: { uri } }): CodeLens[] => {
    if (!wished().showsCodeLenses) return []
    const document = openDocument(uri)
    return document.blocks.flatMap((block) =>
      topForms(document.text.slice(block.from, block.to), eraseTypes).map(({ from, to }) => {
        const range = { start: document.positionAt(block.from + from), end: document.positionAt(block.from + to) }
        return { range, command: commandFor("selection", uri, range, "Eval") }
      }),
    )
  })

  connection.languages.inlayHint.on(({ textDocument: { uri }, range }): InlayHint[] => {
    const document = documentOf(uri)
    if (document === undefined || !wished().showsResults) return []
    const ends = document.text.split("\n")
    return results
      .of(uri)
      .filter(({ to }) => range.start.line <= to && to <= range.end.line)
      .map(({ to, line, text }) => ({
        position: { line: to, character: ends[to]!.replace(/\r$/, "").length },
        label: `=> ${line}`,
        paddingLeft: true,
        tooltip: text,
      }))
  })

  connection.onExecuteCommand(async ({ command, arguments: words }, token) => {
    const [params] = words ?? []
    const extent = evalCommands[command]
    if (extent !== undefined) {
      const answer = await evaluate(readEvalWish(params, extent), token)
      const { hasInlayHints, showsResults } = wished()
      if (showsResults && !hasInlayHints) show(answer.line)
      return answer
    }
    switch (command) {
      case "replBridge.chooseRuntime":
        return chooseRuntime(readOptionalText(params, "runtime"))
      case "replBridge.reload":
        return reload(readOptionalText(params, "runtime"))
      case "replBridge.cancel":
        return cancel()
      default:
        throw invalid(`there is no command ${command}`)
    }
  })

  function show(message: string): void {
    say("window/showMessage", { type: MessageType.Info, message: harmless(message) })
  }

  async function chooseRuntime(wish: string | undefined) {
    const here = await arrive()
    const chosen = wish ?? (await askWhich(here))
    if (chosen === undefined) return null
    return here.use(chosen).catch(failed)
  }

  /** With an id, so that what a page calls itself means nothing. */
  async function askWhich({ runtimes }: FrontEnd): Promise<string | undefined> {
    if (runtimes.length === 0) {
      show("there is no runtime: open a page with the script tag")
      return undefined
    }
    const actions = runtimes.map(({ id, number, name }) => ({ title: harmless(`${number} ${name}`), id }))
    const message = "Evaluate in which runtime?"
    const answer = await connection.window.showInformationMessage(message, ...actions)
    return actions.find(({ title }) => title === answer?.title)?.id
  }

  async function reload(runtime: string | undefined) {
    const here = await arrive()
    return { runtimes: await here.reload({ ...(runtime !== undefined && { runtime }) }).catch(failed) }
  }

  function cancel() {
    const cancelled = running.size
    for (const stop of running) stop.abort()
    return { cancelled }
  }

  connection.onRequest("replBridge/status", async () => statusOf(await arrive()))
  connection.onRequest("replBridge/eval", (params: unknown, token: CancellationToken) =>
    evaluate(readEvalWish(params), token),
  )
  connection.onRequest("replBridge/runtimes", async () => {
    const { runtimes, target = null } = await arrive()
    return { runtimes, target }
  })
  connection.onRequest("replBridge/use", async (params: unknown) => {
    const wish = readText(params, "runtime")
    return (await arrive()).use(wish).catch(failed)
  })
  connection.onRequest("replBridge/reload", (params: unknown) => reload(readOptionalText(params, "runtime")))
  connection.onRequest("replBridge/cancel", cancel)
  connection.onRequest("replBridge/complete", async (params: unknown) => {
    const code = readText(params, "code")
    const offset = readCount(params, "offset") ?? code.length
    const continuation = continuationIn(code, offset)
    if (continuation === undefined) return { from: offset, names: [], isCut: false }
    const here = await arrive()
    const { names, isCut } = await here.complete(continuation.chain, continuation.prefix).catch(failed)
    return { from: continuation.from, names: writable(names, continuation), isCut }
  })

  let finish: (exitCode: number) => void
  const finished = new Promise<number>((resolve) => (finish = resolve))

  function dropped(): void {
    void leave(options.exitCodes.dropped)
  }

  async function leave(exitCode: number): Promise<void> {
    isOver = true
    for (const stop of running) stop.abort()
    await frontEnd?.close()
    input.destroy()
    finish(exitCode)
  }

  connection.onShutdown(async () => {
    isShutDown = true
    await frontEnd?.close()
  })
  reader.onClose(() => void leave(wire === "lines" || isShutDown ? options.exitCodes.done : options.exitCodes.failed))
  signal.addEventListener("abort", () => void leave(options.exitCodes.interrupted), { once: true })
  connection.listen()
  return finished
}

function answerOf(evaluation: Evaluation): EvalAnswer {
  const { id, outcome, runtime = null, durationMs, result } = evaluation
  return { id, outcome, runtime, durationMs, result, ...textsOf(evaluation) }
}

function commandFor(extent: Extent, uri: string, range: Range, title = titles[extent]) {
  const command = Object.keys(evalCommands).find((name) => evalCommands[name] === extent)!
  return { title, command, arguments: [{ textDocument: { uri }, range }] }
}

/** What another part of repl-bridge says is no defect of this one. */
function failed(error: unknown): never {
  if (!(error instanceof FrontEndError)) throw error
  throw new ResponseError(LSPErrorCodes.RequestFailed, harmless(error.message), { code: error.code })
}

/** Names by which editors call themselves, and what others are shown. */
const shortNames: Readonly<Record<string, string>> = {
  "Visual Studio Code": "vscode",
  Neovim: "neovim",
  Eglot: "emacs",
}

function wishesOf(wanted: unknown, params?: InitializeParams): Wishes {
  const { name, runtime, codeLens, showResults } = readParams(wanted)
  const { clientInfo, capabilities } = params ?? {}
  const client = clientInfo?.name ?? "editor"
  return {
    name: typeof name === "string" ? name : (shortNames[client] ?? client.toLowerCase()),
    runtime: typeof runtime === "string" ? runtime : undefined,
    showsCodeLenses: codeLens === true,
    showsResults: showResults !== false,
    canRefreshHints: capabilities?.workspace?.inlayHint?.refreshSupport ?? false,
    hasInlayHints: capabilities?.textDocument?.inlayHint !== undefined,
  }
}

/** Where the search for the project's bridge begins. */
function folderOf({ workspaceFolders, rootUri }: InitializeParams): string | undefined {
  const uri = workspaceFolders?.[0]?.uri ?? rootUri
  return uri?.startsWith("file:") ? fileURLToPath(uri) : undefined
}
