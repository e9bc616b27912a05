import { createLink, type Link, type LinkSettings, type Socket, type Url } from "../link/index.ts"
import {
  closeCode,
  decodeToRuntime,
  features,
  packageVersion,
  protocolVersion,
  writeMessage,
  type FromRuntime,
  type Outcome,
  type Said,
  type ToRuntime,
} from "../protocol/index.ts"
import { createCommandApi } from "./command-api.ts"
import { complete } from "./completion.ts"
import { createConsoleTap } from "./console-tap.ts"
import { describe, describeThrown } from "./describe.ts"
import { createEvaluator, type Completion, type Evaluator } from "./evaluator.ts"
import { createIdentity } from "./identity.ts"
import { createOutbox, lost } from "./outbox.ts"
import { lookAt, watchPage, type Leaving } from "./page.ts"
import { stringify, type Platform, type SocketConstructor } from "./platform.ts"
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
  /** The socket class to use: for Node before 22, that of the `ws` package. @defaultValue the surroundings' own */
  readonly WebSocket?: SocketConstructor
  /** Connect also from a page that is not served by this machine. @defaultValue false */
  readonly allowRemote?: boolean
}

/** The end that evaluates: one for each page load, over as many links as it takes. */
export interface Runtime {
  /**
   * A link of this session to a bridge, in place of the one before, which is the caller's to end.
   *
   * @throws LinkError `bad-options`
   */
  open(options: ConnectOptions): Link<ToRuntime>
}

type Evaluating = Pick<Evaluator, "current" | "declared" | "evaluate" | "read" | "restorePositions">

/** What was asked for is told at greater length than what is logged: scripts read it. In characters. */
const whole = { maxLength: 1e5, maxText: 1e6 } as const

const defaultUrl = "http://127.0.0.1:9001"

export function createRuntime(platform: Platform, evaluator: Evaluating = createEvaluator()): Runtime {
  const { clock, debug, kind, random, userAgent, window } = platform
  const identity = createIdentity(platform)
  const outbox = createOutbox()
  const scout = window && createScout(window)
  const restoreStack = (stack: string): string => evaluator.restorePositions(stack)
  const tap = createConsoleTap({
    ...platform,
    describe: (value) => describe(value, { restoreStack }),
    restorePositions: restoreStack,
    currentEval: () => evaluator.current,
    send: (message) => link?.send(message) ?? false,
    bufferedAmount: () => link?.bufferedAmount ?? 0,
  })
  const commands = createCommandApi({
    scope: globalThis,
    copy(id, text) {
      const message: Said<FromRuntime, "copy"> = { op: "copy", id }
      return link?.send(writeMessage(message, text)) ?? false
    },
  })
  let link: Link<ToRuntime> | undefined
  /** The look that the bridge knows. */
  let shown: string

  function say<Op extends FromRuntime["op"]>(message: Said<FromRuntime, Op>): boolean | undefined {
    return link?.send(writeMessage(message))
  }

  const look = () => window && lookAt(window)

  function hello(name: string | undefined): string {
    shown = stringify(look())
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
      url: "",
      title: "",
      ...look(),
      ...identity.name(),
      ...(name && { name }),
    }
    return writeMessage(message)
  }

  /** Code that ran may have changed the title without an event to tell. */
  function showChange(): void {
    const text = stringify(look())
    if (text !== shown && say({ op: "status", ...look() })) shown = text
  }

  async function answer(request: Said<ToRuntime, "eval">, code: string): Promise<void> {
    const { id } = request
    const known = outbox.accept(id)
    if (known) link?.send(known)
    if (known !== undefined) return
    link?.send(outbox.finish(id, await run(request, code)))
    showChange()
  }

  /** The outcome as a message. An eval must end even where its value cannot be described. */
  async function run(request: Said<ToRuntime, "eval">, code: string): Promise<string> {
    const { id } = request
    const startedAt = clock.now()
    const hide = commands.expose(code, id)
    try {
      const completion = await evaluator.evaluate(code, request, id)
      commands.remember(completion)
      const durationMs = Math.round((clock.now() - startedAt) * 1000) / 1000
      const message: Said<FromRuntime, "outcome"> = { op: "outcome", id, outcome: completion.kind, durationMs }
      return writeMessage(message, stringify(resultOf(completion)))
    } catch {
      return lost(id, "its outcome cannot be described")
    } finally {
      hide()
    }
  }

  function resultOf(completion: Completion): Outcome["result"] {
    switch (completion.kind) {
      case "value":
        return describe(completion.value, { ...whole, restoreStack })
      case "thrown":
        return describeThrown(completion.error, {
          ...whole,
          restoreStack: (stack) => evaluator.restorePositions(stack, completion.source),
        })
      case "refused":
        return completion.result
      default:
        return completion satisfies never
    }
  }

  function answerWish({ id, chain, prefix }: Said<ToRuntime, "complete">): void {
    const hide = commands.expose(chain[0] ?? "")
    const { names, isCut } = complete(chain, prefix, evaluator)
    hide()
    const message: Said<FromRuntime, "completions"> = { op: "completions", id, isCut }
    link?.send(writeMessage(message, stringify(names)))
  }

  /** Each in a turn and so in a frame of its own: together they could be more than the bridge takes. */
  async function repay(to: Link<ToRuntime>): Promise<void> {
    for (const outcome of outbox.owed()) {
      to.send(outcome)
      await endOfTurn()
    }
  }

  function leave(from: Link<ToRuntime>, reason: Leaving): void {
    tap.flush()
    say({ op: "bye", reason })
    from.suspend(reason === "frozen" ? closeCode.pageFrozen : closeCode.pageHidden, reason)
  }

  function deliver(message: ToRuntime, body = ""): void {
    switch (message.op) {
      case "eval":
        void answer(message, body)
        break
      case "cancel":
        outbox.release([message.id])
        break
      case "ack":
        outbox.release(message.ids ?? [])
        if (message.seq !== undefined) tap.acknowledge(message.seq)
        break
      case "complete":
        answerWish(message)
        break
      case "reload":
        if (message.stylesheets) swapStylesheets(window?.document, message.stylesheets)
        else window?.location.reload()
    }
  }

  return {
    open(options) {
      const { url = defaultUrl, name, token, WebSocket = platform.WebSocket } = options
      const opened = createLink<ToRuntime>(typeof url === "string" ? address(url) : async () => address(await url()), {
        settings: options,
        clock,
        random,
        openSocket(dialled) {
          if (!WebSocket) throw new Error("there is no WebSocket here: pass one to connect()")
          // The bridge selects the first; a token is never echoed.
          return new WebSocket(dialled, token ? ["repl-bridge", `repl-bridge.token.${token}`] : []) as Socket
        },
        hello: () => hello(name),
        decode: decodeToRuntime,
        deliver,
        scout,
        log: (line) => debug(`repl-bridge: ${line}`),
      })
      link = opened
      tap.start()
      opened.on("ready", ({ welcome }) => {
        identity.keep(welcome)
        outbox.fit(welcome.maxBytes ?? Infinity)
        showChange()
        void repay(opened)
        tap.resume()
      })
      const watch =
        window &&
        watchPage(window, {
          changed: showChange,
          hint: () => opened.hint(),
          left: (reason) => leave(opened, reason),
          returned: () => opened.resume(),
        })
      opened.on("stateChange", ({ to }) => {
        const isOver = to === "stopped" || to === "refused"
        if (isOver) watch?.end()
        else watch?.start()
        // Another link may be open by now.
        if (link !== opened) return
        if (isOver) tap.stop()
        else tap.start()
      })
      return opened
    },
  }
}

/** When what was said in this turn has left. */
async function endOfTurn(): Promise<void> {}

/** Of the bridge's address, that of its door for runtimes. */
function address(url: string): string {
  return url.replace(/^http/, "ws").replace(/^(wss?:\/\/[^/]+)\/?$/, "$1/runtime")
}
