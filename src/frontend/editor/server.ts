import type { RuntimeInfo } from "../../protocol/index.ts"
import { isFinalState } from "../channel.ts"
import { FrontEndError } from "../errors.ts"
import type { ConsoleLine, FrontEnd } from "../frontend.ts"
import { followLog } from "../log.ts"
import { neutralise } from "../neutralise.ts"
import { consoleText } from "../terminal/console-text.ts"
import { formatValue } from "../terminal/format.ts"
import { plainStyle } from "../terminal/style.ts"
import { createAsking } from "./asking.ts"
import { beginningOf, folderOf, type Beginning } from "./beginning.ts"
import { evalCommands } from "./commands.ts"
import {
  ErrorCodes,
  framed,
  LSPErrorCodes,
  MessageType,
  openConnection,
  openConnectionOfProcess,
  ResponseError,
  TextDocumentSyncKind,
  type CancellationToken,
  type InitializeResult,
} from "./connection.ts"
import type { EditorDesk } from "./desk.ts"
import { followDocuments, type Document } from "./documents.ts"
import type { EditorOptions, Ending } from "./index.ts"
import { lineByLine } from "./lines.ts"
import { continuationIn, writable } from "./live.ts"
import { offer } from "./offers.ts"
import { Results } from "./results.ts"
import { statusOf } from "./status.ts"
import { harmless } from "./text.ts"
import { invalid, readCount, readEvalWish, readOptionalText, readText } from "./wishes.ts"

const messageTypes: Readonly<Record<string, MessageType>> = {
  error: MessageType.Error,
  warn: MessageType.Warning,
  info: MessageType.Info,
}

/** Speaks with one editor until it leaves. */
export function serveEditor(options: EditorOptions): Promise<Ending> {
  const { input, output, wire, eraseTypes, signal } = options
  const { reader, writer } = (wire === "framed" ? framed : lineByLine)(input, output)
  const connection =
    wire === "framed"
      ? openConnectionOfProcess({ reader, writer })
      : openConnection({ reader, writer }, () => void leave("done"))
  const results = new Results()
  let begun: Beginning | undefined =
    wire === "lines" ? { ...beginningOf({ name: "rpc" }), hasInlayHints: true } : undefined
  let frontEnd: FrontEnd | undefined
  let lastStatus = ""
  let isStatusDue = false
  let hasChosen = false
  let isShutDown = false
  let isOver = false

  function say(method: string, params: object): void {
    if (!isOver) void connection.sendNotification(method, params)
  }

  function beginning(): Beginning {
    if (begun === undefined) throw new ResponseError(ErrorCodes.ServerNotInitialized, "initialize comes first")
    return begun
  }

  /** Opened when it is first needed: by then the editor has said its name. */
  function ask(): FrontEnd {
    const { name } = beginning()
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
    opened.on("runtime", () => {
      tellStatus()
      void choose()
    })
    opened.on("target", tellStatus)
    const print = (line: ConsoleLine): void => {
      const log = (type: MessageType, text: string): void =>
        say("window/logMessage", { type, message: neutralise(`${line.runtime.name}: ${text}`) })
      if (line.dropped > 0) log(MessageType.Warning, `… ${line.dropped} lines dropped`)
      if (line.kind === "dropped") return
      const text = consoleText(line, (value) => formatValue(value, plainStyle, 80))
      log(messageTypes[line.level] ?? MessageType.Log, text)
    }
    followLog(opened, { isFromNow: true, print })
    opened.on("evaluated", (evaluated) => say("replBridge/evaluated", evaluated))
    return opened
  }

  /** The runtime that was wished for from the start, once it is there. */
  async function choose(): Promise<void> {
    const { runtime } = beginning()
    if (runtime === undefined || hasChosen) return
    const isThere = await frontEnd?.use(runtime).then(
      () => true,
      () => false,
    )
    hasChosen ||= isThere ?? false
  }

  /** By a person, rather than from the start. */
  async function use(wish: string): Promise<RuntimeInfo> {
    hasChosen = true
    return (await arrive()).use(wish).catch(failed)
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

  const documentOf = followDocuments(connection, {
    changed(document, before) {
      results.changed(document, before)
      asking.publish(document.uri)
    },
    closed(uri) {
      results.clear(uri)
      asking.publish(uri)
    },
  })

  function openDocument(uri: string): Document {
    const document = documentOf(uri)
    if (document === undefined) throw invalid(`${uri} is not open`)
    return document
  }

  const desk: EditorDesk = {
    connection,
    results,
    eraseTypes,
    beginning,
    frontEnd: ask,
    documentOf,
    openDocument,
    say,
  }
  const asking = createAsking(desk)
  offer(desk)

  connection.onInitialize((params): InitializeResult => {
    begun = beginningOf(params.initializationOptions ?? {}, params)
    folder = folderOf(params)
    return {
      serverInfo: { name: "repl-bridge", version: options.version },
      capabilities: {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
        hoverProvider: true,
        completionProvider: { triggerCharacters: ["."] },
        codeActionProvider: { codeActionKinds: ["replBridge"] },
        inlayHintProvider: begun.showsResults,
        ...(begun.showsCodeLenses && { codeLensProvider: {} }),
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

  connection.onExecuteCommand(async ({ command, arguments: words }, token) => {
    const [params] = words ?? []
    const extent = evalCommands[command]
    if (extent !== undefined) {
      const answer = await asking.evaluate(readEvalWish(params, extent), token)
      const { hasInlayHints, showsResults } = beginning()
      if (showsResults && !hasInlayHints) show(answer.line)
      return answer
    }
    switch (command) {
      case "replBridge.chooseRuntime":
        return chooseRuntime(readOptionalText(params, "runtime"))
      case "replBridge.reload":
        return reload(readOptionalText(params, "runtime"))
      case "replBridge.cancel":
        return asking.cancel()
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
    return chosen === undefined ? null : use(chosen)
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

  connection.onRequest("replBridge/status", async () => statusOf(await arrive()))
  connection.onRequest("replBridge/eval", (params: unknown, token: CancellationToken) =>
    asking.evaluate(readEvalWish(params), token),
  )
  connection.onRequest("replBridge/runtimes", async () => {
    const { runtimes, target = null } = await arrive()
    return { runtimes, target }
  })
  connection.onRequest("replBridge/use", (params: unknown) => use(readText(params, "runtime")))
  connection.onRequest("replBridge/reload", (params: unknown) => reload(readOptionalText(params, "runtime")))
  connection.onRequest("replBridge/cancel", () => asking.cancel())
  connection.onRequest("replBridge/expand", async (params: unknown) => {
    const objectId = readText(params, "objectId")
    // The bridge would take it for a spoilt stream.
    if (!/^[\w.:-]{1,128}$/.test(objectId)) throw invalid("objectId is no handle")
    const [depth, offset, count] = ["depth", "offset", "count"].map((name) => readCount(params, name))
    const result = await (await arrive()).expand(objectId, { depth, offset, count }).catch(failed)
    return { result, text: formatValue(result, plainStyle, 80) }
  })
  connection.onRequest("replBridge/complete", async (params: unknown) => {
    const code = readText(params, "code")
    const offset = Math.min(readCount(params, "offset") ?? code.length, code.length)
    const continuation = continuationIn(code, offset)
    if (continuation === undefined) return { from: offset, names: [], isCut: false }
    const here = await arrive()
    const { names, isCut } = await here.complete(continuation.chain, continuation.prefix).catch(failed)
    return { from: continuation.from, names: writable(names, continuation), isCut }
  })

  let finish: (ending: Ending) => void
  const finished = new Promise<Ending>((resolve) => (finish = resolve))

  function dropped(): void {
    void leave("dropped")
  }

  async function leave(ending: Ending): Promise<void> {
    isOver = true
    asking.cancel()
    await frontEnd?.close()
    input.destroy()
    finish(ending)
  }

  connection.onShutdown(async () => {
    isShutDown = true
    await frontEnd?.close()
  })
  reader.onClose(() => void leave(wire === "lines" || isShutDown ? "done" : "failed"))
  signal.addEventListener("abort", () => void leave("interrupted"), { once: true })
  if (signal.aborted) void leave("interrupted")
  else connection.listen()
  return finished
}

/** What another part of repl-bridge says is no defect of this one. */
function failed(error: unknown): never {
  if (!(error instanceof FrontEndError)) throw error
  throw new ResponseError(LSPErrorCodes.RequestFailed, harmless(error.message), { code: error.code })
}
