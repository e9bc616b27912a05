import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest"
import { finish, openDesk, type Desk, type Served } from "../support/bridge-process.ts"
import { EditorClient } from "../support/editor-client.ts"
import { openRuntime, type NodeRuntime } from "../support/node-runtime.ts"
import { shortLink } from "../support/stage.ts"

/** The language server as an editor sees it: a process, a real bridge, and the real client in this process. */

let desk: Desk

beforeEach(async () => {
  desk = await openDesk()
})
afterEach(() => desk.clear())

const serve = (...words: string[]): Promise<Served> => desk.serve("--port", "0", ...words)

/** A runtime with a name of its own, at the bridge. */
async function openPage({ url }: { readonly url: string }, name = "shop"): Promise<NodeRuntime> {
  const runtime = openRuntime({ url, name, ...shortLink }, { origin: "http://localhost" })
  onTestFinished(() => runtime.client.disconnect())
  runtime.connect()
  await runtime.event("ready")
  return runtime
}

async function openEditor(more: Readonly<Record<string, unknown>> = {}, ...words: string[]): Promise<EditorClient> {
  const editor = new EditorClient(desk.start("lsp", ...words))
  await editor.initialize({ clientInfo: { name: "Neovim" }, ...more })
  return editor
}

const uri = "file:///project/page.js"

function open(editor: EditorClient, text: string, languageId = "javascript"): void {
  editor.notify("textDocument/didOpen", { textDocument: { uri, languageId, version: 1, text } })
}

const at = (line: number, character = 0) => ({ line, character })
const place = (line: number, character = 0) => ({
  textDocument: { uri },
  range: { start: at(line, character), end: at(line, character) },
})
const isReady = (status: any): boolean => status.runtime?.state === "ready"
const hints = (editor: EditorClient): Promise<any> =>
  editor.request("textDocument/inlayHint", { textDocument: { uri }, range: { start: at(0), end: at(99) } })

test("the server says what it can do, in the standard's words", async () => {
  const editor = new EditorClient(desk.start("lsp", "--port", "1"))
  const { capabilities, serverInfo } = await editor.initialize()
  expect(serverInfo.name).toBe("repl-bridge")
  expect(capabilities).toMatchObject({ completionProvider: {}, inlayHintProvider: true })
  expect(capabilities.codeLensProvider).toBeUndefined()
  expect(capabilities.executeCommandProvider.commands).toContain("replBridge.evalSelection")
})

test("before initialize nothing is answered, and an unknown request gets a proper error", async () => {
  const editor = new EditorClient(desk.start("lsp", "--port", "1"))
  expect(await editor.ask("replBridge/status")).toMatchObject({ error: { code: -32002 } })
  await editor.initialize()
  expect(await editor.ask("replBridge/nothing")).toMatchObject({ error: { code: -32601 } })
  expect(await editor.ask("replBridge/use", { runtime: 1 })).toMatchObject({ error: { code: -32602 } })
  expect(await editor.ask("workspace/executeCommand", { command: "nothing" })).toMatchObject({
    error: { code: -32602 },
  })
})

test("the runtime to begin with is chosen once it comes, also after another one, and no more than once", async () => {
  const bridge = await serve()
  const editor = await openEditor({ initializationOptions: { runtime: "shop" } }, "--url", bridge.url)
  await openPage(bridge, "docs")
  await editor.told("replBridge/status", ({ runtime }) => runtime?.name === "docs")
  await openPage(bridge)
  await editor.told("replBridge/status", ({ runtime }) => runtime?.name === "shop")
  expect(await editor.request("replBridge/use", { runtime: "docs" })).toMatchObject({ name: "docs" })
  await openPage(bridge, "third")
  await editor.told("replBridge/status", ({ runtimes }) => runtimes === 3)
  expect((await editor.request("replBridge/status")).runtime).toMatchObject({ name: "docs" })
})

test("an absent bridge is a status, nothing else, and an eval says so", async () => {
  const editor = await openEditor({}, "--port", "1")
  await editor.told("replBridge/status", ({ bridge }) => bridge === "away")
  const answer = await editor.request("replBridge/eval", { code: "1", waitMs: 1 })
  expect(answer).toMatchObject({ outcome: "lost", result: { code: "bridge-gone", ran: "no" } })
  const methods = editor.heard.map(({ method }) => method).filter((method) => method !== undefined)
  expect([...new Set(methods)]).toEqual(["replBridge/status"])
})

test("lines that are no messages are answered as such, what was asked is answered, and then `rpc` ends", async () => {
  const child = desk.start("rpc", "--port", "1")
  child.stdin!.write('nonsense\n\n[]\n{}\n{"jsonrpc":"2.0","id":"a","method":"replBridge/runtimes"}\n')
  const { code, stdout, stderr } = await finish(child)
  const answers = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter(({ id }) => id !== undefined)
  expect(answers).toMatchObject([
    { id: null, error: { code: -32700 } },
    { id: null, error: { code: -32700 } },
    { id: null, error: { code: -32600 } },
    { id: "a", result: { runtimes: [], target: null } },
  ])
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
})

test("a bridge that starts later is found, and a bounce is survived", async () => {
  const editor = await openEditor()
  await editor.told("replBridge/status", ({ bridge }) => bridge === "away")
  const bridge = await serve()
  await openPage(bridge)
  await editor.told("replBridge/status", isReady)
  expect(await editor.request("replBridge/eval", { code: "6 * 7" })).toMatchObject({ outcome: "value", line: "42" })
  await bridge.end("SIGKILL")
  await editor.told("replBridge/status", ({ bridge: state }) => state === "away")
  await desk.serve("--port", String(bridge.port))
  await editor.told("replBridge/status", isReady)
  expect(await editor.request("replBridge/eval", { code: "6 * 7" })).toMatchObject({ outcome: "value", line: "42" })
})

test("a selection, a line, a statement and a file are evaluated where they stand", async () => {
  await openPage(await serve())
  const editor = await openEditor()
  await editor.told("replBridge/status", isReady)
  open(editor, "globalThis.n = 1\nn +\n  1\n")
  const run = (command: string, params: unknown): Promise<any> =>
    editor.request("workspace/executeCommand", { command: `replBridge.${command}`, arguments: [params] })
  expect(await run("evalLine", place(0, 3))).toMatchObject({ line: "1", range: { end: at(0, 16) } })
  expect(await run("evalForm", place(2))).toMatchObject({ line: "2", range: { start: at(1), end: at(2, 3) } })
  const selection = { textDocument: { uri }, range: { start: at(0, 15), end: at(0, 16) } }
  expect(await run("evalSelection", selection)).toMatchObject({ line: "1" })
  expect(await run("evalFile", { textDocument: { uri } })).toMatchObject({ line: "2" })
  expect(await editor.ask("workspace/executeCommand", { command: "replBridge.evalSelection" })).toMatchObject({
    error: { code: -32602 },
  })
})

test("a code action evaluates the selection: no plugin is needed", async () => {
  await openPage(await serve())
  const editor = await openEditor()
  await editor.told("replBridge/status", isReady)
  open(editor, "6 * 7")
  const range = { start: at(0), end: at(0, 5) }
  const [action] = await editor.request("textDocument/codeAction", {
    textDocument: { uri },
    range,
    context: { diagnostics: [] },
  })
  expect(action).toMatchObject({ title: "Eval selection" })
  expect(await editor.request("workspace/executeCommand", action.command)).toMatchObject({ line: "42", range })
  expect(await editor.told("window/showMessage")).toEqual({ type: 3, message: "42" })
})

test("a result stands beside its line, moves with it, and goes when it changes", async () => {
  await openPage(await serve())
  const editor = await openEditor({ capabilities: { textDocument: { inlayHint: {} } } })
  await editor.told("replBridge/status", isReady)
  open(editor, "\n6 * 7\n")
  const { uri: document } = { uri }
  await editor.request("replBridge/eval", { extent: "line", ...place(1) })
  expect(await hints(editor)).toMatchObject([{ position: at(1, 5), label: "=> 42", tooltip: "42" }])
  const change = (text: string, version: number): void =>
    editor.notify("textDocument/didChange", {
      textDocument: { uri: document, version },
      contentChanges: [{ range: { start: at(0), end: at(0) }, text }],
    })
  change("// new\n", 2)
  expect(await hints(editor)).toMatchObject([{ position: at(2, 5) }])
  editor.notify("textDocument/didChange", { textDocument: { uri, version: 3 }, contentChanges: [{ text: "6 * 8" }] })
  expect(await hints(editor)).toEqual([])
  expect(editor.heard.some(({ method }) => method === "window/showMessage")).toBe(false)
})

test("what goes wrong is a diagnostic at its place in the document", async () => {
  await openPage(await serve())
  const editor = await openEditor()
  await editor.told("replBridge/status", isReady)
  open(editor, "\n  if (true) {\n    missing.name\n  }\n")
  await editor.request("replBridge/eval", { extent: "form", ...place(2) })
  const { diagnostics } = await editor.told("textDocument/publishDiagnostics", ({ diagnostics: all }) => all.length > 0)
  expect(diagnostics).toMatchObject([
    { range: { start: at(2, 4), end: at(2, 11) }, severity: 1, source: "repl-bridge" },
  ])
  expect(diagnostics[0].message).toContain("missing is not defined")
  await editor.request("replBridge/eval", { extent: "form", ...place(2), code: undefined })
  editor.notify("textDocument/didChange", { textDocument: { uri, version: 2 }, contentChanges: [{ text: "1 +* 2" }] })
  await editor.told("textDocument/publishDiagnostics", ({ diagnostics: all }) => all.length === 0)
  expect(await editor.request("replBridge/eval", { extent: "line", ...place(0) })).toMatchObject({ outcome: "refused" })
  const refused = await editor.told("textDocument/publishDiagnostics", ({ diagnostics: all }) =>
    all.some(({ range }: any) => range.start.line === 0),
  )
  expect(refused.diagnostics).toMatchObject([{ range: { start: at(0, 3) } }])
})

test("TypeScript, and the scripts of a page, are evaluated as they are", async () => {
  await openPage(await serve())
  const editor = await openEditor()
  await editor.told("replBridge/status", isReady)
  open(editor, "interface A { a: number }\nconst a: A = {\n  a: 42,\n}\na.a", "typescript")
  const evaluate = (line: number): Promise<any> => editor.request("replBridge/eval", { extent: "form", ...place(line) })
  expect(await evaluate(2)).toMatchObject({ outcome: "value", range: { start: at(1), end: at(3, 1) } })
  expect(await evaluate(4)).toMatchObject({ line: "42" })
  editor.notify("textDocument/didClose", { textDocument: { uri } })
  open(editor, "<p>\n<script>\n  20 +\n  3\n</script>", "html")
  expect(await evaluate(3)).toMatchObject({ line: "23", range: { start: at(2, 2) } })
  expect(await editor.ask("replBridge/eval", { extent: "form", ...place(0) })).toMatchObject({
    error: { code: -32803, message: "there is no script here" },
  })
})

test("names are completed from the live page, marked as such and ranked behind all others", async () => {
  await openPage(await serve())
  const editor = await openEditor()
  await editor.told("replBridge/status", isReady)
  Object.assign(globalThis, { editorShop: { cartTotal: 1, "no name": 2 } })
  onTestFinished(() => void delete (globalThis as any).editorShop)
  open(editor, "f(editorShop.c)")
  const { items } = await editor.request("textDocument/completion", { textDocument: { uri }, position: at(0, 14) })
  expect(items).toMatchObject([
    {
      label: "cartTotal",
      detail: "live",
      sortText: "~~0000",
      textEdit: { newText: "cartTotal", range: { start: at(0, 13), end: at(0, 14) } },
    },
    { label: "constructor" },
  ])
})

test("a name shows its live value, and nothing of the page runs for it", async () => {
  await openPage(await serve())
  const editor = await openEditor()
  await editor.told("replBridge/status", isReady)
  let runs = 0
  const shop = {
    cart: { items: [1, 2] },
    get total() {
      return ++runs
    },
  }
  Object.assign(globalThis, { hoveredShop: shop })
  onTestFinished(() => void delete (globalThis as any).hoveredShop)
  open(editor, "f(hoveredShop.cart.items, hoveredShop.total, nowhere.at, all())")
  const hover = (character: number): Promise<any> =>
    editor.request("textDocument/hover", { textDocument: { uri }, position: at(0, character) })
  expect(await hover(15)).toEqual({
    contents: { kind: "plaintext", value: "live: { items: [ 1, 2 ] }" },
    range: { start: at(0, 14), end: at(0, 18) },
  })
  expect(await hover(20)).toMatchObject({ contents: { value: "live: [ 1, 2 ]" } })
  for (const nothing of [40, 54, 63]) expect(await hover(nothing)).toBeNull()
  expect(runs).toBe(0)
})

test("lenses stand above statements for those who asked for them", async () => {
  await openPage(await serve())
  const editor = await openEditor({ initializationOptions: { codeLens: true } })
  await editor.told("replBridge/status", isReady)
  open(editor, "a()\n\nfunction f() {\n}\n")
  const lenses = await editor.request("textDocument/codeLens", { textDocument: { uri } })
  expect(lenses.map(({ range }: any) => range)).toEqual([
    { start: at(0), end: at(0, 3) },
    { start: at(2), end: at(3, 1) },
  ])
  expect(lenses[1].command).toMatchObject({ title: "Eval", command: "replBridge.evalSelection" })
})

test("the person chooses among several runtimes, and an editor asks for one by name", async () => {
  const bridge = await serve()
  await openPage(bridge, "one")
  const editor = await openEditor()
  await editor.told("replBridge/status", isReady)
  await openPage(bridge, "two")
  await editor.told("replBridge/status", ({ runtimes }) => runtimes === 2)
  editor.answer = ({ params }) => params.actions?.[1]
  const command = "replBridge.chooseRuntime"
  expect(await editor.request("workspace/executeCommand", { command })).toMatchObject({ name: "two" })
  await editor.told("replBridge/status", ({ runtime }) => runtime?.name === "two")
  expect(await editor.request("replBridge/use", { runtime: "one" })).toMatchObject({ name: "one" })
  expect(await editor.ask("replBridge/use", { runtime: "three" })).toMatchObject({
    error: { code: -32803, data: { code: "no-runtime" } },
  })
  const { target, runtimes } = await editor.request("replBridge/runtimes")
  expect(runtimes.find(({ id }: any) => id === target).name).toBe("one")
})

test("what a result does not tell is asked for by its handle", async () => {
  await openPage(await serve())
  const editor = await openEditor()
  await editor.told("replBridge/status", isReady)
  const { result } = await editor.request("replBridge/eval", {
    code: "Array.from({ length: 300 }, (_, n) => ({ n, at: { f() {}, n } }))",
  })
  const more = await editor.request("replBridge/expand", { objectId: result.objectId, offset: 250, count: 2, depth: 3 })
  expect(more.text).toContain("{ n: 250, at: { f: [Function: f], n: 250 } }")
  expect(more.result.className).toBe("Array")
})

test("an eval is cancelled by request, and by command", async () => {
  await openPage(await serve())
  const editor = await openEditor()
  await editor.told("replBridge/status", isReady)
  const forever = { code: "await new Promise(() => {})" }
  const one = editor.request("replBridge/eval", forever)
  const other = editor.request("replBridge/eval", forever)
  editor.notify("$/cancelRequest", { id: 3 })
  expect(await other).toMatchObject({ outcome: "cancelled" })
  expect(await editor.request("replBridge/cancel")).toEqual({ cancelled: 1 })
  expect(await one).toMatchObject({ outcome: "cancelled" })
})

test("the page's console is logged, and every front end's evals are told with who asked", async () => {
  const bridge = await serve()
  await openPage(bridge)
  const editor = await openEditor()
  await editor.told("replBridge/status", isReady)
  await desk.run("eval", "console.warn('careful \u001b[31m')")
  expect(await editor.told("window/logMessage")).toEqual({ type: 2, message: "shop: careful \\x1B[31m" })
  expect(await editor.told("replBridge/evaluated")).toMatchObject({ from: "cli", outcome: "value" })
  await editor.request("replBridge/eval", { code: "1" })
  expect(await bridge.event(({ event, from }) => event === "eval" && from === "neovim")).toMatchObject({
    outcome: "value",
  })
})

test("shutdown and exit end it with 0; a lost bridge with 8 where that was asked for", async () => {
  const bridge = await serve()
  const editor = await openEditor()
  await editor.request("shutdown")
  editor.notify("exit")
  expect(await editor.ended).toBe(0)
  const brittle = await openEditor({}, "--no-reconnect")
  await brittle.told("replBridge/status", ({ bridge: state }) => state === "ready")
  await bridge.end()
  expect(await brittle.ended).toBe(8)
  expect(brittle.complaints).toBe("")
})
