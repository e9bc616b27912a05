import { createLink, LinkError, type Link, type LinkSettings, type Socket, type Url } from "../link/index.ts"
import {
  closeCode,
  decodeToRuntime,
  features,
  packageVersion,
  protocolVersion,
  textLimits,
  writeData,
  writeMessage,
  type FromRuntime,
  type Said,
  type ToRuntime,
} from "../protocol/index.ts"
import { createIdentity } from "./identity.ts"
import { createOutbox, lost } from "./outbox.ts"
import { lookAt, watchPage, type Leaving } from "./page.ts"
import type { Platform, SocketConstructor } from "./platform.ts"
import { partOf } from "./reading.ts"
import { createScout } from "./scout.ts"
import { swapStylesheets } from "./stylesheets.ts"

/** How a runtime connects. Every option has a default. */
export interface ConnectOptions extends LinkSettings {
  /**
   * The bridge's address, or a function that gives it, read at every dial:
   * `http://host:port` or `ws://host:port`; the path is `/runtime` where none is given.
   *
   * @defaultValue for the script tag the origin that the script came from, else `http://127.0.0.1:9001`
   */
  readonly url?: Url
  /** What front ends call this runtime, where the name is free. @defaultValue given by the bridge */
  readonly name?: string
  /** The bridge's token, which runtimes outside browsers must present. */
  readonly token?: string
  /** The socket class to use: in Node, that of the `ws` package. @defaultValue the surroundings' own */
  readonly WebSocket?: SocketConstructor
  /** Connect also from a page that is not served by this machine. @defaultValue false */
  readonly allowRemote?: boolean
  /** Make runtimes of the page's frames, too, as far as they are of its own origin. @defaultValue false */
  readonly frames?: boolean
}

/** What a runtime can do with code, and hears of its page. The core of the client knows nothing more of it. */
export interface Abilities {
  /** Runs code; answers with how it ended. May reject: its outcome cannot be described. */
  evaluate(request: Said<ToRuntime, "eval">, code: string): Promise<Ended>
  /** Nobody waits for the eval of this id any more. */
  cancel(id: string): void
  complete(wish: Said<ToRuntime, "complete">): void
  /** The bridge serves the script of this id there. */
  served(id: string, url: string): void
  expand(wish: Said<ToRuntime, "expand">): void
  release(handles: Said<ToRuntime, "release">): void
  /** The bridge has the console lines up to this one. */
  acknowledge(seq: number): void
  /** Listens to the page from now on. Twice is fine. */
  start(): void
  /** Leaves the page as it was. Twice is fine. */
  stop(): void
  /** The link is ready: what waited goes out. */
  resume(): void
  /** What waits goes out now: the page leaves. */
  flush(): void
}

export interface Ended {
  /** The message that says so. */
  readonly outcome: string
  /** The result, where it is a text of which that says only the beginning. */
  readonly text?: string | undefined
}

/** The way to the bridge, as far as abilities need it. */
export type Wire = Pick<Link<ToRuntime>, "send" | "bufferedAmount">

export type CreateAbilities = (platform: Platform, wire: Wire, session: string) => Abilities

/** The end that evaluates, one for each page load: a link that answers. `connect()` takes the bridge's address as {@link doorOf} gives it. */
export function createRuntime(platform: Platform, createAbilities: CreateAbilities): Link<ToRuntime, ConnectOptions> {
  const { clock, debug, kind, random, userAgent, window } = platform
  const identity = createIdentity(platform)
  const outbox = createOutbox()
  /** Of the next eval's code, what has come. */
  let begun = ""
  /** The look that the bridge knows. */
  let shown: string
  let dialled: string

  const link = createLink<ToRuntime, ConnectOptions>("", {
    settings: {},
    clock,
    random,
    openSocket(url, { token, WebSocket = platform.WebSocket }) {
      dialled = url
      if (!WebSocket) throw new Error("there is no WebSocket here: pass that of ws to connect()")
      // The bridge selects the first; a token is never echoed.
      return new WebSocket(url, token ? ["repl-bridge", `repl-bridge.token.${token}`] : []) as Socket
    },
    hello,
    decode: decodeToRuntime,
    deliver,
    scout: window && createScout(window),
    log: (line) => debug(`repl-bridge: ${line}`),
  })
  const abilities = createAbilities(platform, link, identity.session)
  const watch =
    window &&
    watchPage(window, {
      changed: showChange,
      hint: link.hint,
      left: leave,
      returned: link.resume,
    })

  link.on("ready", ({ welcome }) => {
    begun = ""
    identity.keep(welcome)
    outbox.fit(welcome.maxBytes ?? Infinity)
    showChange()
    void repay()
    abilities.resume()
  })
  link.on("stateChange", ({ to }) => {
    const isOver = to === "stopped" || to === "refused"
    for (const part of [watch, abilities]) {
      if (isOver) part?.stop()
      else part?.start()
    }
  })

  function say<Op extends FromRuntime["op"]>(message: Said<FromRuntime, Op>): boolean {
    return link.send(writeMessage(message))
  }

  function look() {
    return window && lookAt(window)
  }

  function hello({ name }: ConnectOptions): string {
    shown = writeData(look())
    const [arrival] = window?.performance.getEntriesByType("navigation") ?? []
    const message: Said<FromRuntime, "hello"> = {
      op: "hello",
      protocol: protocolVersion,
      version: packageVersion,
      features,
      session: identity.session,
      kind,
      userAgent,
      navigation: (arrival as PerformanceNavigationTiming | undefined)?.type,
      url: platform.url,
      title: "",
      ...look(),
      ...identity.offer(),
      ...(name && { name }),
    }
    return writeMessage(message)
  }

  /** Code that ran may have changed the title without an event to tell. */
  function showChange(): void {
    const text = writeData(look())
    if (text !== shown && say({ op: "status", ...look() })) shown = text
  }

  async function answer(request: Said<ToRuntime, "eval">, code: string): Promise<void> {
    const { id } = request
    const known = outbox.accept(id)
    if (known) link.send(known)
    if (known !== undefined) return
    let ended: Ended
    try {
      ended = await abilities.evaluate(request, code)
    } catch {
      // An eval must end even where its value cannot be described.
      ended = { outcome: lost(id, "its outcome cannot be described") }
    }
    link.send(outbox.finish(id, ended.outcome, ended.text))
    showChange()
  }

  function tell({ id, eval: read, from }: Said<ToRuntime, "read">): void {
    const text = outbox.textOf(read)
    const message: Said<FromRuntime, "part"> = { op: "part", id }
    link.send(writeMessage(message, writeData(text && partOf(text, from, from + textLimits.part))))
  }

  /** Each in a turn and so in a frame of its own: together they could be more than the bridge takes. */
  async function repay(): Promise<void> {
    for (const outcome of outbox.owed()) {
      link.send(outcome)
      await endOfTurn()
    }
  }

  function leave(reason: Leaving): void {
    abilities.flush()
    say({ op: "bye", reason })
    link.suspend(reason === "frozen" ? closeCode.pageFrozen : closeCode.pageHidden, reason)
  }

  function deliver(message: ToRuntime, body = ""): void {
    switch (message.op) {
      case "code":
        begun += body
        break
      case "eval":
        void answer(message, begun + body)
        begun = ""
        break
      case "cancel":
        outbox.release([message.id])
        abilities.cancel(message.id)
        break
      case "ack":
        outbox.release(message.ids ?? [])
        if (message.seq !== undefined) abilities.acknowledge(message.seq)
        break
      case "complete":
        abilities.complete(message)
        break
      case "read":
        tell(message)
        break
      case "chunk":
        abilities.served(message.id, new URL(`chunk/${message.chunk}`, dialled.replace(/^ws/, "http")).href)
        break
      case "expand":
        abilities.expand(message)
        break
      case "release":
        abilities.release(message)
        break
      case "reload":
        if (message.stylesheets) swapStylesheets(window?.document, message.stylesheets)
        else window?.location.reload()
    }
  }

  return link
}

/** When what was said in this turn has left. */
async function endOfTurn(): Promise<void> {}

export const defaultUrl = "http://127.0.0.1:9001"

/**
 * Of a bridge's address, that of its door for runtimes, read as late.
 *
 * @throws LinkError `bad-options`
 */
export function doorOf(url: Url = defaultUrl): Url {
  if (typeof url === "function") return async () => door(await url())
  return door(url)
}

function door(url: string): string {
  // A browser would take it as relative to the page.
  if (!/^(ws|http)s?:/.test(url))
    throw new LinkError("bad-options", `url is "${url}": it must begin with http:// or ws://`)
  return url.replace(/^http/, "ws").replace(/^(wss?:\/\/[^/]+)\/?$/, "$1/runtime")
}
