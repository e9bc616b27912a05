import { WebSocket } from "ws"
import { createConsoleTap } from "../../src/client/console-tap.ts"
import { capturePlatform } from "../../src/client/platform.ts"
import { createLink, type Link, type Socket } from "../../src/link/index.ts"
import { decodeToRuntime, features, protocolVersion, writeMessage, type ToRuntime } from "../../src/protocol/index.ts"
import { shortLink } from "./stage.ts"

/** The real console tap over a real link, with a console that is nobody else's. */
export interface LoggingPage {
  readonly console: Pick<Console, "log">
  readonly link: Link<ToRuntime>
  end(): Promise<void>
}

export function openLoggingPage(url: string): LoggingPage {
  const { clock, random, randomId } = capturePlatform()
  const console = { log: () => undefined }
  const known = { runtime: randomId(), session: randomId(), kind: "page", url: "", title: "log" }
  const link = createLink<ToRuntime>(`${url.replace("http", "ws")}/runtime`, {
    settings: shortLink,
    clock,
    random,
    openSocket: (dialled) => new WebSocket(dialled, { origin: "http://localhost:3000" }) as unknown as Socket,
    hello: () =>
      writeMessage({ op: "hello", protocol: protocolVersion, version: "0", features, ...known } as { op: string }),
    decode: decodeToRuntime,
    deliver: (message) => {
      if (message.op === "ack" && message.seq !== undefined) tap.acknowledge(message.seq)
    },
  })
  const tap = createConsoleTap({
    scope: { console: console as unknown as Console },
    ownUrl: undefined,
    clock,
    time: () => Date.now(),
    defer: queueMicrotask,
    describe: (value) => ({ type: "string", value }),
    restorePositions: (stack) => stack,
    currentEval: () => undefined,
    send: (message) => link.send(message),
    bufferedAmount: () => link.bufferedAmount,
  })
  tap.start()
  link.on("ready", tap.resume)
  link.connect().catch(() => undefined)
  return {
    console,
    link,
    async end() {
      tap.stop()
      await link.disconnect()
    },
  }
}
