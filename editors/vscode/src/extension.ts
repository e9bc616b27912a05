import { existsSync } from "node:fs"
import * as vscode from "vscode"
import { LanguageClient, RevealOutputChannelOn, TransportKind } from "vscode-languageclient/node"
import { Beside, type Shown } from "./beside.ts"
import { startBridge, type StartedBridge } from "./bridge.ts"
import { findProgram, withWords, type Program } from "./program.ts"
import { choiceOf, languages, scriptTag, statusBarText, type Runtime, type Status } from "./words.ts"

/** What other extensions may use, and tests. */
export interface Api {
  readonly status: () => Status
  readonly shown: (document: vscode.TextDocument) => readonly Shown[]
}

let client: LanguageClient | undefined
let bridge: StartedBridge | undefined

export async function activate(context: vscode.ExtensionContext): Promise<Api> {
  const settings = vscode.workspace.getConfiguration("replBridge")
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath
  const output = vscode.window.createOutputChannel("REPL Bridge", { log: true })
  const item = vscode.window.createStatusBarItem("repl-bridge", vscode.StatusBarAlignment.Left)
  let status: Status = { bridge: "away", url: null, runtime: null, text: "starting" }

  const server = program("lsp")
  const run = {
    command: server.command,
    args: [...server.args],
    transport: TransportKind.stdio,
    options: { env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" } },
  }
  const opened = new LanguageClient("repl-bridge", "REPL Bridge", run, {
    documentSelector: languages.map((language) => ({ language })),
    initializationOptions: { name: "vscode", codeLens: settings.get("codeLens") },
    outputChannel: output,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    middleware: {
      // Drawn by ourselves.
      provideInlayHints: () => [],
      async executeCommand(command, words, next) {
        const answer: unknown = await next(command, words)
        await refresh()
        return answer
      },
    },
  })
  client = opened
  const beside = new Beside(opened)

  function program(...words: string[]): Program {
    const setting = settings.get("command", "")
    const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath)
    const found = findProgram({ setting, folders, node: process.execPath, exists: existsSync })
    return withWords(found, words, settings.get("port", 0))
  }

  async function refresh(): Promise<void> {
    await Promise.all(vscode.window.visibleTextEditors.map(({ document }) => beside.refresh(document)))
  }

  function show(next: Status): void {
    status = next
    item.text = statusBarText(status)
    item.tooltip =
      status.bridge === "away"
        ? "repl-bridge: start a bridge, and open a page with its script tag"
        : "repl-bridge: choose a runtime"
    item.command = status.bridge === "away" ? "repl-bridge.startBridge" : "repl-bridge.chooseRuntime"
  }

  /** Lets the language server evaluate a part of the document in front. */
  async function evaluate(extent: "Selection" | "Line" | "File"): Promise<unknown> {
    const editor = vscode.window.activeTextEditor
    if (editor === undefined) return undefined
    const { document, selection } = editor
    const part = extent === "Selection" && selection.isEmpty ? "Form" : extent
    return vscode.commands.executeCommand(`replBridge.eval${part}`, {
      textDocument: { uri: opened.code2ProtocolConverter.asUri(document.uri) },
      range: opened.code2ProtocolConverter.asRange(selection),
      position: opened.code2ProtocolConverter.asPosition(selection.active),
    })
  }

  async function chooseRuntime(): Promise<void> {
    const { runtimes } = await opened.sendRequest<{ readonly runtimes: readonly Runtime[] }>("replBridge/runtimes")
    const choices = runtimes.map((runtime) => ({ ...choiceOf(runtime), runtime }))
    const title = choices.length > 0 ? "Evaluate in" : "There is no page yet: put the script tag into one and open it"
    const choice = await vscode.window.showQuickPick(choices, { title, matchOnDescription: true, matchOnDetail: true })
    if (choice !== undefined) await opened.sendRequest("replBridge/use", { runtime: choice.runtime.id })
  }

  async function start(): Promise<string> {
    bridge = await startBridge(program("serve", "--json", "--no-repl"), folder, (line) => output.info(line))
    return bridge.url
  }

  async function copyTag(): Promise<void> {
    try {
      const tag = scriptTag(status.bridge === "ready" && status.url ? status.url : await start())
      await vscode.env.clipboard.writeText(tag)
      void vscode.window.showInformationMessage(`Copied: ${tag}`)
    } catch (error) {
      void vscode.window.showErrorMessage(`The bridge did not start: ${(error as Error).message}`)
    }
  }

  const setContext = (editor: vscode.TextEditor | undefined): void => {
    const hasLanguage = editor !== undefined && languages.includes(editor.document.languageId)
    void vscode.commands.executeCommand("setContext", "replBridge.hasLanguage", hasLanguage)
    if (hasLanguage) item.show()
    else item.hide()
  }

  const commands: Readonly<Record<string, () => unknown>> = {
    evalSelection: () => evaluate("Selection"),
    evalLine: () => evaluate("Line"),
    evalFile: () => evaluate("File"),
    cancel: () => opened.sendRequest("replBridge/cancel"),
    chooseRuntime,
    reload: () => opened.sendRequest("replBridge/reload"),
    startBridge: copyTag,
    showConsole: () => output.show(true),
  }
  context.subscriptions.push(
    output,
    item,
    beside,
    ...Object.entries(commands).map(([name, act]) => vscode.commands.registerCommand(`repl-bridge.${name}`, act)),
    vscode.window.onDidChangeActiveTextEditor(setContext),
    opened.onNotification("replBridge/status", show),
  )
  show(status)
  setContext(vscode.window.activeTextEditor)
  try {
    await opened.start()
    show(await opened.sendRequest<Status>("replBridge/status"))
  } catch (error) {
    output.error((error as Error).message)
    show({ bridge: "refused", url: null, runtime: null, text: "repl-bridge is not installed here" })
    item.tooltip = 'repl-bridge: run "npm install --save-dev repl-bridge", or set replBridge.command'
  }
  return { status: () => status, shown: (document) => beside.of(document) }
}

export async function deactivate(): Promise<void> {
  bridge?.end()
  await client?.stop()
}
