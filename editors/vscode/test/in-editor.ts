import assert from "node:assert/strict"
import * as vscode from "vscode"
import type { Api } from "../src/extension.ts"

/**
 * What a user sees of a page from within VS Code. Runs in the extension host; the world outside, a page in a real
 * browser and a bridge, does by HTTP what it is asked.
 */

const world = process.env["REPL_BRIDGE_TEST_WORLD"]!

/** Resolves with what the world answers. */
async function ask(wish: string, body = ""): Promise<string> {
  const response = await fetch(`${world}/${wish}`, { method: "POST", body })
  const answer = await response.text()
  assert.ok(response.ok, answer)
  return answer
}

/** VS Code loads this module and calls it. */
export async function run(): Promise<void> {
  try {
    await Promise.race([inEditor(), failAfter(100_000)])
    await ask("passed")
  } catch (error) {
    await ask("failed", error instanceof Error ? String(error.stack) : String(error))
    throw error
  }
}

async function inEditor(): Promise<void> {
  const [folder] = vscode.workspace.workspaceFolders!
  const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder!.uri, "shop.js"))
  const editor = await vscode.window.showTextDocument(document)
  const extension = vscode.extensions.getExtension<Api>("repl-bridge.repl-bridge")!
  const { status, shown } = await extension.activate()

  const select = (line: number, text: string): void => {
    const start = document.lineAt(line).text.indexOf(text)
    assert.ok(start >= 0, `line ${line} has no ${text}`)
    editor.selection = new vscode.Selection(line, start, line, start + text.length)
  }
  const at = (line: number, character: number): void => {
    editor.selection = new vscode.Selection(line, character, line, character)
  }
  const act = (command: string): Thenable<unknown> => vscode.commands.executeCommand(`repl-bridge.${command}`)
  const besides = (): string[] => shown(document).map(({ line, text }) => `${line} ${text}`)

  await until("the page is the runtime", () => status().runtime?.state === "ready")

  // A statement, a selection, a line, with their results beside them.
  at(0, 0)
  await act("evalSelection")
  at(2, 8)
  await act("evalSelection")
  assert.deepEqual(besides(), ["0 => undefined", "3 => 40"])
  select(4, "price")
  await act("evalSelection")
  assert.deepEqual(besides(), ["0 => undefined", "3 => 40", "4 => 20"])
  await ask("look")

  // A result moves with its line, and goes when a line of what it is of changes.
  await editor.edit((edit) => edit.insert(new vscode.Position(1, 0), "\n"))
  await until("the results have moved", () => besides().join() === "0 => undefined,4 => 40,5 => 20")
  await editor.edit((edit) => edit.insert(document.lineAt(3).range.end, " "))
  await until("the result has gone", () => besides().join() === "0 => undefined,5 => 20")

  // What fails is a problem at its place.
  at(7, 2)
  await act("evalLine")
  await until("the problem is there", () => vscode.languages.getDiagnostics(document.uri).length === 1)
  const [problem] = vscode.languages.getDiagnostics(document.uri)
  assert.match(problem!.message, /ReferenceError: missing is not defined/)
  assert.equal(problem!.range.start.line, 7)

  // The live page completes.
  const place = document.lineAt(9).range.end
  const { items } = await vscode.commands.executeCommand<vscode.CompletionList>(
    "vscode.executeCompletionItemProvider",
    document.uri,
    place,
  )
  assert.ok(
    items.some(({ label, detail }) => label === "items" && detail === "live"),
    "items of the live cart are offered",
  )
  // The page reloads, the bridge is killed and starts again: the editor goes on.
  await act("reload")
  await ask("reloaded")
  at(0, 0)
  await act("evalSelection")
  assert.equal(besides()[0], "0 => undefined", besides().join())
  await ask("bounce")
  await until("the page is back", () => status().bridge === "ready" && status().runtime?.state === "ready")
  select(5, "price")
  await act("evalSelection")
  assert.ok(besides().includes("5 => 20"), `after the bounce: ${besides().join()}`)

  // The script tag of the bridge that runs.
  await act("startBridge")
  const url = await ask("bridge-url")
  assert.equal(await vscode.env.clipboard.readText(), `<script async src="${url}/client.js"></script>`)
}

/** Looks again whenever something may have changed, for as long as the whole test may take. */
async function until(what: string, holds: () => boolean): Promise<void> {
  const again = (): Promise<void> => new Promise((done) => setTimeout(done, 20))
  last = what
  while (!holds()) await again()
}
let last = ""

async function failAfter(ms: number): Promise<never> {
  await new Promise((done) => setTimeout(done, ms).unref())
  throw new Error(`it took too long; waited last until ${last}`)
}
