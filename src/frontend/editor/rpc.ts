import { PassThrough, Writable } from "node:stream"
import { packageVersion } from "../../protocol/index.ts"
import type { BridgeDoor } from "../bridge-channel.ts"
import { openFrontEnd } from "../connect.ts"
import { runEditorServer, type EditorOptions } from "./index.ts"

/** A socket of a bridge in this process, and the way to that bridge. */
export interface RpcSocket extends BridgeDoor {
  say(text: string): void
  close(): void
}

/** Speaks with a plugin or script at the other end of a socket as `repl-bridge rpc` does: one message a line. */
export function openRpc(socket: RpcSocket, { eraseTypes }: Pick<EditorOptions, "eraseTypes">) {
  const input = new PassThrough()
  const output = new Writable({
    decodeStrings: false,
    write(line: string, _encoding, written) {
      socket.say(line.trimEnd())
      written()
    },
  })
  const gone = new AbortController()
  const serving = runEditorServer({
    input,
    output,
    wire: "lines",
    open: ({ name }) => openFrontEnd({ name, bridge: socket }),
    version: packageVersion,
    reconnect: false,
    ...(eraseTypes && { eraseTypes }),
    signal: gone.signal,
  })
  // The answers to what ended with it are still on their way.
  const close = (): void => void setImmediate(() => socket.close())
  void serving.then(close, close)
  return {
    heard: (text: string): void => void input.write(`${text}\n`),
    closed: (): void => gone.abort(),
  }
}
