import {
  closeCode,
  features,
  newsOfLine,
  protocolVersion,
  type AnsweringRuntime,
  type FromRuntime,
  type RuntimeInfo,
  type Said,
} from "../../protocol/index.ts"
import type { Reply } from "../frontends/questions.ts"
import type { Socket } from "../socket.ts"
import { RuntimePeer, type RuntimePeerUse } from "./peer.ts"
import {
  answering,
  emptyRegistry,
  infoOf,
  stepRegistry,
  type Loss,
  type RegistryConfig,
  type RegistryEffect,
  type RegistryEvent,
  type Runtime,
  type SocketId,
  type TimerOf,
} from "./registry.ts"

export interface RuntimesParts {
  readonly bridge: string
  readonly version: string
  readonly heartbeatMs: number
  readonly helloMs: number
  readonly maxBytes: number
  readonly maxMessagesPerS: number
  readonly config: RegistryConfig
  readonly show: (info: RuntimeInfo) => void
  /** Who is here, or where, is not as before. */
  readonly changed: () => void
  readonly sessionReady: (runtime: Runtime) => void
  readonly sessionEnded: (runtime: AnsweringRuntime, loss: Loss) => void
  readonly outcome: (by: AnsweringRuntime, outcome: Said<FromRuntime, "outcome">, body: string | undefined) => void
  readonly console: (by: AnsweringRuntime, line: Said<FromRuntime, "console">, body: string | undefined) => void
  readonly reply: (runtime: string, reply: Reply, body: string | undefined) => void
  readonly copy: (by: AnsweringRuntime, copy: Said<FromRuntime, "copy">, text: string | undefined) => void
  /** Whether an eval runs in that session. */
  readonly owes: (session: string) => boolean
  /** Milliseconds that never run backwards. */
  readonly now: () => number
  /** Keeps a script for a session and says by which name it can be had. */
  readonly keepChunk: (session: string, origin: string, text: string) => string
}

/** How many milliseconds apart the bridge would like its runtimes to dial when all come at once [L18]. */
export const dialEveryMs = 5
/** So few may come at once. */
const fewRuntimes = 20
/** Unread bytes beyond which a runtime is sent no more evals. */
const maxBuffered = 8 * 1024 * 1024

/** The sockets of runtimes, and what the registry decides about them. */
export class Runtimes implements RuntimePeerUse {
  readonly #parts: RuntimesParts
  readonly #peers = new Map<SocketId, RuntimePeer>()
  readonly #timers = new Map<`${TimerOf} ${string}`, NodeJS.Timeout>()
  /** The last console line of each session that was passed on; what comes again after a drop is not shown again. */
  readonly #lastLines = new Map<string, number>()
  #registry = emptyRegistry
  #lastId: SocketId = 0

  constructor(parts: RuntimesParts) {
    this.#parts = parts
  }

  get all(): ReadonlyMap<string, Runtime> {
    return this.#registry.runtimes
  }

  /** All sockets, also those that have not said hello. */
  get peers(): ReadonlyMap<SocketId, RuntimePeer> {
    return this.#peers
  }

  accept(socket: Socket, origin: string, userAgent: string): RuntimePeer {
    const id = ++this.#lastId
    const { helloMs, maxMessagesPerS, now } = this.#parts
    const peer = new RuntimePeer({ id, socket, origin, userAgent, helloMs, maxMessagesPerS, now, use: this })
    this.#peers.set(id, peer)
    return peer
  }

  /** As front ends see them. */
  get infos(): readonly RuntimeInfo[] {
    return [...this.#registry.runtimes.values()].map((runtime) => this.#withBusy(infoOf(runtime)))
  }

  send(runtime: string, message: string): void {
    this.#peerOf(runtime)?.send(message)
  }

  /** An eval was sent there. */
  expect(runtime: string): void {
    this.#peerOf(runtime)?.expect()
  }

  isStuffed(runtime: string): boolean {
    return (this.#peerOf(runtime)?.socket.bufferedBytes ?? 0) > maxBuffered
  }

  stop(retryAfterMs: (nth: number) => number): void {
    this.#timers.forEach((timer) => clearTimeout(timer))
    this.#timers.clear()
    this.#registry = emptyRegistry
    let nth = 0
    for (const peer of this.#peers.values()) {
      peer.say({ op: "restarting", retryAfterMs: retryAfterMs(nth++) })
      peer.close(closeCode.restarting, "restarting")
    }
  }

  hello(from: RuntimePeer, hello: Said<FromRuntime, "hello">): void {
    const { runtime, session, kind, url, title, number, name } = hello
    const { id: socket, origin, userAgent } = from
    this.#advance({
      type: "arrived",
      arrival: {
        socket,
        runtime,
        session,
        kind,
        origin,
        url,
        title,
        userAgent: hello.userAgent ?? userAgent,
        visible: hello.visible ?? true,
        takesPrepared: hello.features?.includes("prepared") ?? false,
        takesPieces: hello.features?.includes("pieces") ?? false,
        navigation: hello.navigation ?? "",
        number,
        name,
      },
    })
  }

  status({ id: socket }: RuntimePeer, { url, title, visible }: Said<FromRuntime, "status">): void {
    this.#advance({ type: "changed", socket, url, title, visible })
  }

  answered({ id: socket }: RuntimePeer, by: "page" | "network"): void {
    this.#advance({ type: "answered", socket, by })
  }

  outcome({ speaksFor }: RuntimePeer, outcome: Said<FromRuntime, "outcome">, body: string | undefined): void {
    if (speaksFor !== undefined) this.#parts.outcome(speaksFor, outcome, body)
  }

  console(from: RuntimePeer, line: Said<FromRuntime, "console">, body: string | undefined): void {
    const { speaksFor } = from
    if (speaksFor === undefined) return
    const news = newsOfLine(line, this.#lastLines.get(speaksFor.session))
    if (news !== undefined) {
      this.#lastLines.set(speaksFor.session, line.seq)
      this.#parts.console(speaksFor, news, body)
    }
    from.ackLine(line.seq)
  }

  reply({ speaksFor }: RuntimePeer, reply: Reply, body: string | undefined): void {
    if (speaksFor !== undefined) this.#parts.reply(speaksFor.id, reply, body)
  }

  copy({ speaksFor }: RuntimePeer, copy: Said<FromRuntime, "copy">, text: string | undefined): void {
    if (speaksFor !== undefined) this.#parts.copy(speaksFor, copy, text)
  }

  chunk(from: RuntimePeer, { id }: Said<FromRuntime, "chunk">, text = ""): void {
    const { origin, speaksFor } = from
    if (speaksFor === undefined) return
    from.say({ op: "chunk", id, chunk: this.#parts.keepChunk(speaksFor.session, origin, text) })
  }

  left({ id: socket }: RuntimePeer, code: number, bye: string | undefined): void {
    this.#peers.delete(socket)
    this.#advance({ type: "left", socket, code, bye })
  }

  attended({ speaksFor }: RuntimePeer): void {
    const runtime = speaksFor && this.#registry.runtimes.get(speaksFor.id)
    if (runtime !== undefined) this.#show(infoOf(runtime))
  }

  owes({ speaksFor }: RuntimePeer): boolean {
    return speaksFor !== undefined && this.#parts.owes(speaksFor.session)
  }

  #show(info: RuntimeInfo): void {
    this.#parts.show(this.#withBusy(info))
  }

  #withBusy(info: RuntimeInfo): RuntimeInfo {
    const busyMs = this.#peerOf(info.id)?.busyMs
    return busyMs === undefined ? info : { ...info, busyMs }
  }

  #peerOf(runtime: string): RuntimePeer | undefined {
    const presence = this.#registry.runtimes.get(runtime)?.presence
    return presence === undefined || presence.at === "away" ? undefined : this.#peers.get(presence.socket)
  }

  #advance(event: RegistryEvent): void {
    const { registry, effects } = stepRegistry(this.#registry, event, this.#parts.config)
    this.#registry = registry
    for (const effect of effects) this.#perform(effect)
    if (effects.length > 0) this.#parts.changed()
  }

  #perform(effect: RegistryEffect): void {
    switch (effect.do) {
      case "welcome":
        return this.#welcome(effect.socket, effect.runtime)
      case "probe":
        return this.#peers.get(effect.socket)?.probe()
      case "replace":
        return this.#replace(effect.socket)
      case "arm": {
        const timer = `${effect.timer} ${effect.runtime}` as const
        const { timer: type, runtime, ms } = effect
        clearTimeout(this.#timers.get(timer))
        this.#timers.set(
          timer,
          setTimeout(() => this.#advance({ type: "due", timer: type, runtime }), ms),
        )
        return
      }
      case "disarm": {
        const timer = `${effect.timer} ${effect.runtime}` as const
        clearTimeout(this.#timers.get(timer))
        this.#timers.delete(timer)
        return
      }
      case "end":
        this.#lastLines.delete(effect.runtime.session)
        return this.#parts.sessionEnded(effect.runtime, effect.loss)
      case "show":
        return this.#show(effect.info)
      default:
        return effect satisfies never
    }
  }

  #welcome(socket: SocketId, runtime: Runtime): void {
    const peer = this.#peers.get(socket)
    if (peer === undefined) return
    const { bridge, version, heartbeatMs, maxBytes } = this.#parts
    const { size } = this.#registry.runtimes
    peer.speaksFor = answering(runtime)
    peer.say({
      op: "welcome",
      protocol: protocolVersion,
      version,
      bridge,
      heartbeatMs,
      spreadMs: size > fewRuntimes ? size * dialEveryMs : 0,
      maxBytes,
      features,
      runtime: runtime.id,
      number: runtime.number,
      name: runtime.name,
    })
    this.#parts.sessionReady(runtime)
  }

  #replace(socket: SocketId): void {
    this.#peers.get(socket)?.reject(closeCode.replaced, "another socket of this runtime took its place")
  }
}
