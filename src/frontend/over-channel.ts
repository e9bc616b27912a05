import type { Clock, LinkStateName } from "../link/index.ts"
import {
  decodeFromFrontEnd,
  features,
  FrameError,
  newsOfLine,
  packageVersion,
  protocolVersion,
  writeMessage,
  type AnsweringRuntime,
  type FromFrontEnd,
  type RemoteObject,
  type RuntimeInfo,
  type Said,
  type ToFrontEnd,
} from "../protocol/index.ts"
import { isFinalState, type OpenChannel } from "./channel.ts"
import { FrontEndError } from "./errors.ts"
import { Evals } from "./evals.ts"
import { createEvents } from "./events.ts"
import type { Asking, Completions, ConsoleLine, FrontEnd, FrontEndEvents, Recollection } from "./frontend.ts"
import { readArguments, readNames, readValue } from "./outcome.ts"
import { findRuntime, listRuntimes, Runtimes } from "./runtimes.ts"

export interface FrontEndParts {
  readonly name: string
  readonly kind?: string | undefined
  readonly clock: Clock
  readonly newId: () => string
}

/** Somebody waits for the bridge's answer to a question that does not outlive the connection. */
interface Question<Answer> {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: FrontEndError) => void
}

/** A front end over any channel: the one implementation of asking. */
export function frontEndOver(openChannel: OpenChannel, { name, kind, clock, newId }: FrontEndParts): FrontEnd {
  const id = newId()
  const events = createEvents<FrontEndEvents>()
  const runtimes = new Runtimes(clock, changed)
  const evals = new Evals({ clock, newId, say })
  const reloads = new Map<string, Question<readonly AnsweringRuntime[]>>()
  const completions = new Map<string, Question<Completions>>()
  const expansions = new Map<string, Question<RemoteObject>>()
  const recalls = new Map<string, Question<Recollection> & { readonly lines: ConsoleLine[] }>()
  /** By the id of the runtime that was chosen. */
  const choices = new Map<string, Set<Question<RuntimeInfo>>>()
  const asking = new Map<string, Asking>()
  /** By runtime. */
  const lastLines = new Map<string, { readonly session: string; readonly seq: number }>()
  let target: string | undefined
  /** The last one that was chosen here, rather than by the bridge. */
  let choice: string | undefined
  let refusal: string | undefined

  const channel = openChannel({
    hello: () => writeMessage(hello()),
    welcomed(welcome) {
      runtimes.welcome(welcome.bridge, welcome.runtimes)
      seat(welcome.target, undefined)
      evals.ready(welcome.maxBytes)
    },
    heard,
    changed({ from, to }) {
      if (from === "ready") drop()
      if (isFinalState(to)) evals.end("bridge-gone", refusal ?? "the bridge is gone")
      events.emit("state", { from, to })
    },
    refused({ code, reason }) {
      refusal = `refused by the bridge: ${reason}`
      events.emit("refused", { code, reason })
    },
  })

  function hello(): FromFrontEnd {
    const versions = { protocol: protocolVersion, version: packageVersion, features }
    return {
      op: "hello",
      ...versions,
      frontEnd: id,
      name,
      ...(kind && { kind }),
      ...(target !== undefined && { target, isChosen: target === choice }),
    }
  }

  function say(message: FromFrontEnd, body?: string): void {
    channel.send(writeMessage(message, body))
  }

  function heard(message: ToFrontEnd, body: string | undefined): void {
    switch (message.op) {
      case "runtime":
        return runtimes.change(message.runtime)
      case "target":
        return seat(message.runtime, message.problem)
      case "waiting":
        return events.emit("waiting", { id: message.id, reason: message.reason })
      case "held":
        events.emit("waiting", { id: message.id, reason: message.reason })
        return evals.held(message.id)
      case "asking": {
        const { id: asked, from } = message
        asking.set(asked, { id: asked, from, code: body ?? "" })
        return events.emit("asking", undefined)
      }
      case "decided":
        asking.delete(message.id)
        return events.emit("asking", undefined)
      case "sent":
        return evals.sent(message)
      case "outcome":
        return evals.outcome(message, body)
      case "late": {
        const late = evals.late(message, body)
        return late && events.emit("late", late)
      }
      case "reloading":
        return reloading(message)
      case "copy": {
        const { id: asked, runtime } = message
        if (evals.mentions(asked, "copy")) events.emit("copy", { id: asked, runtime, text: body ?? "" })
        return
      }
      case "completions":
        return completed(message, body)
      case "part":
        return evals.part(message, body)
      case "expansion":
        return expanded(message, body)
      case "evaluated": {
        const { op: _, ...evaluated } = message
        return events.emit("evaluated", { ...evaluated, code: body ?? "", isOurs: evals.isOurs(message.id) })
      }
      case "console": {
        const { op: _, ...line } = message
        return said(line, body)
      }
      case "line": {
        const { op: _, id: asked, ...line } = message
        recalls.get(asked)?.lines.push(readLine(line, body))
        return
      }
      case "recalled":
        return recalled(message)
      case "welcome":
      case "reject":
      case "restarting":
      case "busy":
      case "ping":
      case "pong":
      case "error":
      case "bye":
        return
      default:
        message satisfies never
    }
  }

  /** Another bridge may pass a line on again, and some may have been said while we were away. */
  function said(line: Omit<Said<ToFrontEnd, "console">, "op">, body: string | undefined): void {
    const { id: of, session } = line.runtime
    const last = lastLines.get(of)
    const news = newsOfLine(line, last?.session === session ? last.seq : last && 0)
    if (news === undefined) return
    lastLines.set(of, { session, seq: line.seq })
    events.emit("console", readLine(news, body))
  }

  function changed(runtime: RuntimeInfo): void {
    if (runtime.state === "gone") {
      lastLines.delete(runtime.id)
      const error = new FrontEndError("no-runtime", `${runtime.name} is gone: ${listRuntimes(runtimes.all)}`)
      for (const { reject } of chosen(runtime.id)) reject(error)
    }
    events.emit("runtime", runtime)
  }

  function seat(runtime: string | undefined, problem: string | undefined): void {
    if (runtime === target && problem === undefined) return settleChoice()
    target = runtime
    settleChoice()
    events.emit("target", { runtime, problem })
  }

  function settleChoice(): void {
    const runtime = target === undefined ? undefined : runtimes.get(target)
    if (runtime === undefined) return
    for (const { resolve } of chosen(runtime.id)) {
      choice = runtime.id
      resolve(runtime)
    }
  }

  /** Those who chose this runtime; they are answered now. */
  function chosen(runtime: string): Iterable<Question<RuntimeInfo>> {
    const questions = choices.get(runtime) ?? []
    choices.delete(runtime)
    return questions
  }

  function reloading({ id: asked, runtimes: reloaded, problem }: Said<ToFrontEnd, "reloading">): void {
    const question = reloads.get(asked)
    reloads.delete(asked)
    if (problem === undefined) question?.resolve(reloaded)
    else question?.reject(new FrontEndError("no-runtime", problem))
  }

  function completed({ id: asked, isCut = false, problem }: Said<ToFrontEnd, "completions">, body?: string): void {
    const question = completions.get(asked)
    completions.delete(asked)
    if (problem === undefined) question?.resolve({ names: readNames(body), isCut })
    else question?.reject(new FrontEndError("no-runtime", problem))
  }

  function recalled({ id: asked, runtime, problem = "no runtime", ...rest }: Said<ToFrontEnd, "recalled">): void {
    const question = recalls.get(asked)
    recalls.delete(asked)
    if (runtime === undefined) return question?.reject(new FrontEndError("no-runtime", problem))
    const { levels = [], dropped = 0, forgotten = 0, left = 0 } = rest
    question?.resolve({ runtime, lines: question.lines, levels, dropped, forgotten, left })
  }

  function expanded({ id: asked, problem }: Said<ToFrontEnd, "expansion">, body?: string): void {
    const question = expansions.get(asked)
    expansions.delete(asked)
    const value = problem === undefined ? readValue(body) : undefined
    if (value !== undefined) question?.resolve(value)
    else question?.reject(new FrontEndError("no-value", problem ?? "the runtime's answer is not in the protocol"))
  }

  function drop(): void {
    asking.clear()
    evals.dropped()
    const error = new FrontEndError("gone", "the connection to the bridge broke before it answered: try again")
    const asked = [reloads, completions, expansions, recalls]
    for (const questions of asked) {
      for (const { reject } of questions.values()) reject(error)
      questions.clear()
    }
    for (const questions of choices.values()) for (const { reject } of questions) reject(error)
    choices.clear()
  }

  function checkReady(): void {
    if (channel.state === "ready") return
    throw new FrontEndError("gone", refusal ?? "the bridge is away: try again when it is back")
  }

  async function expand(wish: Omit<Said<FromFrontEnd, "expand">, "op" | "id">): Promise<RemoteObject> {
    checkReady()
    return new Promise((resolve, reject) => {
      const asked = newId()
      const message: FromFrontEnd = { op: "expand", id: asked, ...wish }
      checkSayable(message, takeNames)
      expansions.set(asked, { resolve, reject })
      say(message)
    })
  }

  return {
    id,
    name,
    get bridgeUrl() {
      return channel.url
    },
    get state(): LinkStateName {
      return channel.state
    },
    get runtimes() {
      return runtimes.all
    },
    get target() {
      return target
    },
    async evaluate(code, options = {}) {
      const { runtime, waitMs, timeoutMs } = options
      checkSayable({ op: "eval", id, runtime, waitMs, timeoutMs }, "times are whole milliseconds, and 0 is no limit")
      return evals.evaluate(code, options)
    },
    async use(wish) {
      checkReady()
      const runtime = findRuntime(wish, runtimes.all)
      if (runtime === undefined) {
        throw new FrontEndError("no-runtime", `no runtime ${wish}: ${listRuntimes(runtimes.all)}`)
      }
      if (runtimes.isMissing(runtime.id)) {
        throw new FrontEndError("no-runtime", `${runtime.name} has not come back since the bridge was restarted`)
      }
      return new Promise((resolve, reject) => {
        const questions = choices.get(runtime.id) ?? new Set()
        choices.set(runtime.id, questions.add({ resolve, reject }))
        say({ op: "use", runtime: runtime.id })
      })
    },
    async reload({ runtime, stylesheets } = {}) {
      checkReady()
      return new Promise((resolve, reject) => {
        const asked = newId()
        const message: FromFrontEnd = {
          op: "reload",
          id: asked,
          ...(runtime && { runtime }),
          ...(stylesheets && { stylesheets }),
        }
        checkSayable(message, takeNames)
        reloads.set(asked, { resolve, reject })
        say(message)
      })
    },
    async complete(chain, prefix) {
      checkReady()
      return new Promise((resolve, reject) => {
        const asked = newId()
        const message: FromFrontEnd = { op: "complete", id: asked, chain, prefix }
        checkSayable(message, takeNames)
        completions.set(asked, { resolve, reject })
        say(message)
      })
    },
    async recall(query = {}) {
      checkReady()
      return new Promise((resolve, reject) => {
        const asked = newId()
        const message: FromFrontEnd = { op: "recall", id: asked, ...query }
        checkSayable(message, "levels are texts in a list, and lines have whole numbers from 0")
        recalls.set(asked, { resolve, reject, lines: [] })
        say(message)
      })
    },
    expand: (objectId, options) => expand({ ...options, objectId }),
    look: (chain, options) => expand({ ...options, chain }),
    release(objectIds) {
      if (objectIds.length === 0) return
      const message: FromFrontEnd = { op: "release", objectIds }
      checkSayable(message, takeNames)
      say(message)
    },
    get asking() {
      return [...asking.values()]
    },
    decide(asked, isAllowed) {
      if (channel.state === "ready") say({ op: "decide", id: asked, isAllowed })
    },
    on: (event, listener) => events.on(event, listener),
    async close() {
      evals.end("closed", "the front end was closed")
      runtimes.stop()
      await channel.close()
    },
  }
}

const takeNames = "take handles as outcomes give them, and names in lists"

/** A message that the protocol does not allow would end the connection; who made it hears of it here. */
function checkSayable(message: FromFrontEnd, advice: string): void {
  try {
    decodeFromFrontEnd(writeMessage(message))
  } catch (error) {
    if (!(error instanceof FrameError)) throw error
    throw new FrontEndError("bad-options", `${error.message}: ${advice}`)
  }
}

function readLine(
  line: Omit<ConsoleLine, "args" | "dropped"> & { readonly dropped?: number | undefined },
  body?: string,
): ConsoleLine {
  return { ...line, dropped: line.dropped ?? 0, args: readArguments(body) }
}
