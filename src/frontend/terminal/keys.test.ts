import { emitKeypressEvents } from "node:readline"
import { PassThrough } from "node:stream"
import { expect, test } from "vitest"
import { createKeyReader, type Key } from "./keys.ts"

/** What a terminal sends, through Node's decoder and ours. */
function read(...chunks: readonly string[]): readonly Key[] {
  const input = new PassThrough()
  const readKey = createKeyReader()
  const keys: Key[] = []
  emitKeypressEvents(input)
  input.on("keypress", (character, press) => {
    const key = readKey(character, press)
    if (key !== undefined) keys.push(key)
  })
  for (const chunk of chunks) input.emit("data", Buffer.from(chunk))
  return keys
}

test.each([
  ["\r", "enter"],
  ["\n", "enter"],
  ["\x1b\r", "meta-enter"],
  ["\x1b[13;2u", "meta-enter"],
  ["\x7f", "backspace"],
  ["\b", "backspace"],
  ["\x1b\x7f", "meta-backspace"],
  ["\t", "tab"],
  ["\x1b[Z", "shift-tab"],
  ["\x1b[A", "up"],
  ["\x1bOA", "up"],
  ["\x1b[1;5D", "ctrl-left"],
  ["\x1b[1;3C", "meta-right"],
  ["\x1b[H", "home"],
  ["\x1b[F", "end"],
  ["\x1b[3~", "delete"],
  ["\x1bb", "meta-b"],
  ["\x1b<", "meta-<"],
  ["\x01", "ctrl-a"],
  ["\x03", "ctrl-c"],
  ["\x1f", "ctrl-_"],
  ["\x1e", "ctrl-^"],
])("%j is %s", (sent, name) => {
  expect(read(sent)).toEqual([{ kind: "named", name }])
})

test.each(["a", "Q", " ", "é", "日", "👍", "\u202e"])("%j is text", (text) => {
  expect(read(text)).toEqual([{ kind: "text", text }])
})

test("what no key of ours sends is nothing", () => {
  expect(read("\x1b[I", "\x1b[99~", "\x1b]0;x")).not.toContainEqual(expect.objectContaining({ name: "undefined" }))
})

test("a paste is one key, with its line ends made one kind, and never a command", () => {
  expect(read("\x1b[200~a\r\nb\tc\r\x04d", "é\x1b[201~e")).toEqual([
    { kind: "paste", text: "a\nb\tc\n\x04dé" },
    { kind: "text", text: "e" },
  ])
})

test("^C frees from a paste whose end never comes", () => {
  expect(read("\x1b[200~a", "\x03", "b")).toEqual([
    { kind: "named", name: "ctrl-c" },
    { kind: "text", text: "b" },
  ])
})
