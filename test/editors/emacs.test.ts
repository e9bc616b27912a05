import { spawn } from "node:child_process"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { openBrowser } from "../support/browser.ts"
import { bin, openEditorStage } from "../support/editor-stage.ts"

/** The package in a real Emacs: its own tests, with a page and a bridge for them. */

const folder = fileURLToPath(new URL("../../editors/emacs/", import.meta.url))

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

/** Runs Emacs to its end. Rejects where there is none: a test of it is never skipped. */
async function runEmacs(words: readonly string[], cwd: string, env = {}): Promise<{ code: number; said: string }> {
  const emacs = spawn("emacs", ["--batch", "-Q", "-L", folder, ...words], { cwd, env: { ...process.env, ...env } })
  const ended = new Promise<number>((resolve, reject) => {
    emacs.once("error", ({ message }) => reject(new Error(`${message}: install Emacs 28 or later (emacs-nox)`)))
    emacs.once("close", resolve)
  })
  const [code, said, complaints] = await Promise.all([ended, text(emacs.stdout), text(emacs.stderr)])
  return { code, said: said + complaints }
}

test("evals, results, completion, REPL; over a reload and a bounce", async () => {
  const { project, port, env } = await openEditorStage(browser)
  const words = ["-l", `${folder}test/repl-bridge-test.el`, "-f", "ert-run-tests-batch-and-exit"]
  const { code, said } = await runEmacs(words, project, {
    ...env,
    REPL_BRIDGE_TEST_COMMAND: `${process.execPath} ${bin}`,
    REPL_BRIDGE_URL: `http://127.0.0.1:${port}`,
  })
  expect(code, said).toBe(0)
})

test("it compiles without a warning", async () => {
  // Emacs puts a new file in the place of its target, whatever that is: never a device.
  const compile = `(let ((compiled (make-temp-file "repl-bridge-")))
    (setq byte-compile-error-on-warn t byte-compile-dest-file-function (lambda (_) compiled))
    (let ((is-fine (byte-compile-file "${folder}repl-bridge.el")))
      (delete-file compiled)
      (kill-emacs (if is-fine 0 1))))`
  const { code, said } = await runEmacs(["--eval", compile], folder)
  expect(code, said).toBe(0)
})
