// Runs in a terminal: the real terminal front end over a fake bridge, which obeys the test at the other end of a socket.
import { connect } from "node:net"
import { createInterface } from "node:readline"
import { runInThisContext } from "node:vm"
import { plainStyle, runTerminal } from "../../src/frontend/terminal/index.ts"
import { createFakeFrontEnd, runtimeInfo, valueOf } from "./fake-front-end.ts"

const [port, historyFile, term] = process.argv.slice(2)
const frontEnd = createFakeFrontEnd(runtimeInfo())
const socket = connect(Number(port), "127.0.0.1", () => socket.write(`${process.pid}\n`))

/** Sums and strings answer themselves; all else is told to the test and waits for it. */
frontEnd.answer = (code) => {
  if (/^[\d"' +*\n]+$/.test(code)) return valueOf(String(runInThisContext(code)))
  socket.write(`${JSON.stringify(code)}\n`)
  return undefined
}

createInterface({ input: socket }).on("line", (line) => {
  const [name, ...details] = JSON.parse(line) as [string, ...unknown[]]
  if (name === "settle") (frontEnd.pending[0]!.settle as (...details: unknown[]) => void)(...details)
  else (frontEnd[name as "emit"] as (...details: unknown[]) => void)(...details)
})

const code = await runTerminal({
  frontEnd,
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
  language: {
    isIncomplete: (text) => /[[({]\s*$/.test(text) || text.split("{").length > text.split("}").length,
    async complete(text, offset) {
      const typed = /[\w$]*$/.exec(text.slice(0, offset))![0]
      const names = ["planets", "plants", "platform", "document"].filter((item) => item.startsWith(typed))
      return { from: offset - typed.length, to: offset, items: names.map((name) => ({ text: name })) }
    },
  },
  style: plainStyle,
  banner: "hello",
  historyFile: historyFile!,
  term,
})
process.stdout.write(`left with ${code}\n`)
socket.destroy()
