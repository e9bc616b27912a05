import { createInterface } from "node:readline"
import type { Readable, Writable } from "node:stream"
import { AbstractMessageReader, AbstractMessageWriter, ErrorCodes, type Message, type Wire } from "./connection.ts"

type Numbered = Message & { readonly id?: unknown; readonly method?: unknown }

/** A message is a line of JSON. What was asked before the input ended is still answered. */
export function lineByLine(input: Readable, output: Writable): Wire {
  let unanswered = 0
  let ended = false
  let close = (): void => {}

  class LineReader extends AbstractMessageReader {
    listen(take: (message: Message) => void) {
      close = () => this.fireClose()
      const lines = createInterface({ input })
      lines.on("line", (line) => {
        if (line.trim() === "") return
        const message = parse(line)
        if (message === undefined) return refuse(ErrorCodes.ParseError, "every line must be one JSON-RPC message")
        if (message.method === undefined && !("result" in message) && !("error" in message)) {
          return refuse(ErrorCodes.InvalidRequest, "a message must have a method, a result or an error")
        }
        if (message.id !== undefined && message.method !== undefined) unanswered++
        take(message)
      })
      lines.on("close", () => {
        ended = true
        look()
      })
      return { dispose: () => lines.close() }
    }
  }

  class LineWriter extends AbstractMessageWriter {
    async write(message: Message): Promise<void> {
      say(message)
      if ((message as Numbered).method !== undefined) return
      unanswered--
      look()
    }

    end(): void {}
  }

  function say(message: object): void {
    output.write(`${JSON.stringify(message)}\n`)
  }

  function refuse(code: number, problem: string): void {
    say({ jsonrpc: "2.0", id: null, error: { code, message: problem } })
  }

  function look(): void {
    if (ended && unanswered === 0) close()
  }

  return { reader: new LineReader(), writer: new LineWriter() }
}

function parse(line: string): Numbered | undefined {
  try {
    const message: unknown = JSON.parse(line)
    return typeof message === "object" && message !== null && !Array.isArray(message)
      ? (message as Numbered)
      : undefined
  } catch {
    return undefined
  }
}
