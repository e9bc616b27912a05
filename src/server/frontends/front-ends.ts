import {
  closeCode,
  features,
  protocolVersion,
  type AnsweringRuntime,
  type FromFrontEnd,
  type FromRuntime,
  type RuntimeInfo,
  type Said,
  type ToFrontEnd,
} from "../../protocol/index.ts"
import type { Recollection } from "../console/desk.ts"
import type { LineQuery } from "../console/ring.ts"
import {
  choose,
  emptySeat,
  find,
  isSameSeat,
  missing,
  reseat,
  seatFor,
  targetOf,
  type Seat,
  type TargetPolicy,
} from "../evals/target.ts"
import { write } from "../peer.ts"
import { plain } from "../plain.ts"
import { answering, type Runtime } from "../runtimes/registry.ts"
import type { Socket } from "../socket.ts"
import { Consent, lookOnly, type AgentPolicy, type ConsentParts } from "./consent.ts"
import { FrontEndPeer, type FrontEndPeerUse, type FrontEndWish } from "./peer.ts"
import { Questions, type Reply } from "./questions.ts"

/** A front end that is here, or that may come back. */
interface FrontEnd {
  readonly id: string
  readonly name: string
  readonly kind: string
  seat: Seat
  presence:
    | { readonly at: "here"; readonly peer: FrontEndPeer }
    | { readonly at: "away"; readonly timer: NodeJS.Timeout }
}

export interface FrontEndsParts {
  readonly bridge: string
  readonly version: string
  readonly heartbeatMs: number
  readonly helloMs: number
  readonly graceMs: number
  readonly maxBytes: number
  readonly policy: TargetPolicy
  readonly agents: AgentPolicy
  readonly runtimes: () => ReadonlyMap<string, Runtime>
  readonly infos: () => readonly RuntimeInfo[]
  readonly sendToRuntime: (runtime: string, message: string) => void
  /** Every runtime that an earlier bridge knew has had its time to return. */
  readonly isSettled: () => boolean
  readonly ask: (asker: Pick<FrontEnd, "id" | "name">, message: Said<FromFrontEnd, "eval">, code: string) => void
  readonly isKnown: (id: string) => boolean
  readonly forbid: ConsentParts["forbid"]
  readonly cancel: (message: Said<FromFrontEnd, "cancel">) => void
  readonly ack: (ids: readonly string[]) => void
  readonly recall: (runtime: string, query: LineQuery) => Recollection
  /** A seat was chosen: what waits may have a place now. */
  readonly seated: () => void
  readonly left: (frontEnd: string, forGood: boolean) => void
}

/** Whoever types waits no longer. */
const typingMs = 2000
/** A part of a text may have a slow way. */
const readingMs = 60_000
/** How long handles outlive the front end that was given them. */
const handlesMs = 10 * 60_000

/** Those who ask, and where each one's evals go. */
export class FrontEnds implements FrontEndPeerUse {
  readonly #parts: FrontEndsParts
  readonly #frontEnds = new Map<string, FrontEnd>()
  /** All sockets, also those that have not said hello. */
  readonly #peers = new Set<FrontEndPeer>()
  readonly #questions = new Questions()
  readonly #consent: Consent
  /** Of front ends that left, until their handles are released. */
  readonly #keeping = new Map<string, NodeJS.Timeout>()

  constructor(parts: FrontEndsParts) {
    this.#parts = parts
    this.#consent = new Consent({
      policy: parts.agents,
      run: parts.ask,
      forbid: parts.forbid,
      tell: (frontEnd, message) => this.tell(frontEnd, write(message)),
      tellPersons: (message, body) => {
        const persons = this.#persons()
        for (const { peer } of persons) peer.send(write(message, body))
        return persons.length
      },
    })
  }

  get peers(): ReadonlySet<FrontEndPeer> {
    return this.#peers
  }

  /** The names of those who are here. */
  get names(): readonly string[] {
    return [...this.#frontEnds.values()].filter(({ presence }) => presence.at === "here").map(({ name }) => name)
  }

  accept(socket: Socket): FrontEndPeer {
    const peer = new FrontEndPeer(socket, this.#parts.helloMs, this)
    this.#peers.add(peer)
    return peer
  }

  seatOf(id: string): Seat {
    return this.#frontEnds.get(id)?.seat ?? emptySeat
  }

  isBehind(id: string): boolean {
    const presence = this.#frontEnds.get(id)?.presence
    return presence?.at === "here" && presence.peer.isBehind
  }

  tell(id: string, message: string): void {
    const presence = this.#frontEnds.get(id)?.presence
    if (presence?.at === "here") presence.peer.send(message)
  }

  announce(message: string): void {
    for (const { presence } of this.#frontEnds.values()) {
      if (presence.at === "here") presence.peer.send(message)
    }
  }

  console(
    runtime: AnsweringRuntime,
    line: Said<FromRuntime, "console">,
    body: string | undefined,
    number: number | undefined,
  ): void {
    const text = (moreDropped: number): string => {
      const dropped = (line.dropped ?? 0) + moreDropped
      return write({ ...line, runtime, ...(dropped > 0 && { dropped }), ...(number && { number }) }, body)
    }
    // A line of this kind is only a number of others.
    const weight = (line.dropped ?? 0) + (line.kind === "dropped" ? 0 : 1)
    let usual: string | undefined
    for (const { presence } of this.#frontEnds.values()) {
      if (presence.at !== "here") continue
      presence.peer.sendLine(weight, (moreDropped) => (moreDropped > 0 ? text(moreDropped) : (usual ??= text(0))))
    }
  }

  reply(runtime: string, reply: Reply, body: string | undefined): void {
    this.#questions.answer(runtime, reply, body)
  }

  /** A session said hello, on its first socket or another. */
  sessionReady(runtime: string): void {
    this.#questions.again(runtime)
  }

  sessionEnded(runtime: string, reason: string): void {
    this.#questions.ended(runtime, reason)
  }

  /** Runtimes came or went. */
  reseat(): void {
    for (const frontEnd of this.#frontEnds.values()) this.#sit(frontEnd, this.#reseated(frontEnd.seat))
  }

  stop(retryAfterMs: (nth: number) => number): void {
    for (const { presence } of this.#frontEnds.values()) {
      if (presence.at === "away") clearTimeout(presence.timer)
    }
    this.#frontEnds.clear()
    this.#questions.stop()
    for (const timer of this.#keeping.values()) clearTimeout(timer)
    this.#keeping.clear()
    let nth = 0
    for (const peer of this.#peers) {
      peer.say({ op: "restarting", retryAfterMs: retryAfterMs(nth++) })
      peer.close(closeCode.restarting, "restarting")
    }
  }

  hello(from: FrontEndPeer, message: Said<FromFrontEnd, "hello">): void {
    const { frontEnd: id, name, kind = "", target, isChosen = false } = message
    const known = this.#frontEnds.get(id)
    if (known?.presence.at === "away") clearTimeout(known.presence.timer)
    clearTimeout(this.#keeping.get(id))
    const expected: Seat = target === undefined ? emptySeat : { at: "expected", runtime: target, isChosen }
    const frontEnd: FrontEnd = {
      id,
      name: plain(name, 40) || "front end",
      kind,
      seat: this.#reseated(known?.seat ?? expected),
      presence: { at: "here", peer: from },
    }
    this.#frontEnds.set(id, frontEnd)
    from.frontEnd = id
    if (known?.presence.at === "here") {
      known.presence.peer.reject(closeCode.replaced, "another socket of this front end took its place")
    }
    this.#welcome(frontEnd, from)
    if (kind === "terminal") for (const { message: asking, code } of this.#consent.waiting()) from.say(asking, code)
  }

  asked(from: FrontEndPeer, message: FrontEndWish, body: string | undefined): void {
    const frontEnd = this.#speaking(from)
    if (frontEnd === undefined) return
    switch (message.op) {
      case "eval":
        return this.#asks(frontEnd, message, body ?? "")
      case "decide":
        return frontEnd.kind === "terminal" ? this.#consent.decide(message, frontEnd.name) : undefined
      case "cancel":
        return this.#consent.cancel(message.id) ? undefined : this.#parts.cancel(message)
      case "ack":
        return this.#parts.ack(message.ids)
      case "use":
        return this.#useRuntime(frontEnd, from, message.runtime)
      case "reload":
        return this.#reload(frontEnd, from, message)
      case "complete":
        return this.#complete(frontEnd, from, message)
      case "read":
        return this.#read(frontEnd, from, message)
      case "recall":
        return this.#recall(frontEnd, from, message)
      case "expand":
        return this.#expand(frontEnd, from, message)
      case "release":
        return this.#release(message.objectIds)
      default:
        message satisfies never
    }
  }

  left(from: FrontEndPeer, forGood: boolean): void {
    this.#peers.delete(from)
    const frontEnd = this.#speaking(from)
    if (frontEnd === undefined) return
    if (forGood) {
      this.#forget(frontEnd)
    } else {
      frontEnd.presence = { at: "away", timer: setTimeout(() => this.#give(frontEnd), this.#parts.graceMs) }
    }
    this.#parts.left(frontEnd.id, forGood)
    this.#consent.left(frontEnd.id)
    if (frontEnd.kind === "terminal" && this.#persons().length === 0) this.#consent.alone()
  }

  /** An eval that was allowed once, or that is no agent's, needs nobody's word. */
  #asks(frontEnd: FrontEnd, message: Said<FromFrontEnd, "eval">, code: string): void {
    const isFree = frontEnd.kind !== "agent" || this.#parts.isKnown(message.id)
    if (isFree) this.#parts.ask(frontEnd, message, code)
    else this.#consent.ask(frontEnd, message, code)
  }

  #persons(): readonly { readonly peer: FrontEndPeer }[] {
    return [...this.#frontEnds.values()].flatMap(({ kind, presence }) =>
      kind === "terminal" && presence.at === "here" ? [presence] : [],
    )
  }

  /** Whether it may do nothing to a page. */
  #looksOnly({ kind }: FrontEnd): boolean {
    return kind === "agent" && this.#parts.agents === "read-only"
  }

  /** It did not come back. */
  #give(frontEnd: FrontEnd): void {
    this.#forget(frontEnd)
    this.#parts.left(frontEnd.id, true)
  }

  /** Its handles stay for a while: what one command printed the next one may ask for. */
  #forget({ id }: FrontEnd): void {
    this.#frontEnds.delete(id)
    const release = (): void => {
      this.#keeping.delete(id)
      const message = write({ op: "release", frontEnd: id })
      for (const runtime of this.#parts.runtimes().keys()) this.#parts.sendToRuntime(runtime, message)
    }
    this.#keeping.set(id, setTimeout(release, handlesMs))
  }

  /** The front end that a socket speaks for, unless another socket took its place. */
  #speaking(from: FrontEndPeer): FrontEnd | undefined {
    const frontEnd = from.frontEnd === undefined ? undefined : this.#frontEnds.get(from.frontEnd)
    return frontEnd?.presence.at === "here" && frontEnd.presence.peer === from ? frontEnd : undefined
  }

  #welcome({ id, seat }: FrontEnd, peer: FrontEndPeer): void {
    const { bridge, version, heartbeatMs, maxBytes } = this.#parts
    const target = targetOf(seat)
    peer.say({
      op: "welcome",
      protocol: protocolVersion,
      version,
      bridge,
      heartbeatMs,
      maxBytes,
      features,
      frontEnd: id,
      runtimes: this.#parts.infos(),
      ...(target !== undefined && { target }),
    })
  }

  #reseated(seat: Seat): Seat {
    const { policy, isSettled, runtimes } = this.#parts
    return reseat(seat, runtimes(), { policy, isSettled: isSettled() })
  }

  #sit(frontEnd: FrontEnd, seat: Seat): void {
    const changed = !isSameSeat(seat, frontEnd.seat)
    frontEnd.seat = seat
    if (!changed || frontEnd.presence.at !== "here") return
    const problem = seat.at === "vacated" ? `${seat.name} is gone` : undefined
    frontEnd.presence.peer.say(targetMessage(seat, problem))
  }

  #useRuntime(frontEnd: FrontEnd, peer: FrontEndPeer, wish: string): void {
    const runtimes = this.#parts.runtimes()
    const runtime = find(wish, runtimes)
    if (runtime === undefined) {
      peer.say(targetMessage(frontEnd.seat, missing(wish, runtimes)))
      return
    }
    frontEnd.seat = seatFor(runtime, true)
    peer.say(targetMessage(frontEnd.seat, undefined))
    this.#parts.seated()
  }

  #reload(frontEnd: FrontEnd, peer: FrontEndPeer, message: Said<FromFrontEnd, "reload">): void {
    const { id, runtime: wish, stylesheets } = message
    const { seat } = frontEnd
    if (this.#looksOnly(frontEnd)) return peer.say({ op: "reloading", id, runtimes: [], problem: lookOnly })
    const { runtimes, problem } = reloadable(wish, seat, this.#parts.runtimes())
    const reload = write({ op: "reload", ...(stylesheets && { stylesheets }) })
    for (const runtime of runtimes) this.#parts.sendToRuntime(runtime.id, reload)
    peer.say({ op: "reloading", id, runtimes: runtimes.map(answering), ...(problem !== undefined && { problem }) })
  }

  #complete({ seat }: FrontEnd, peer: FrontEndPeer, message: Said<FromFrontEnd, "complete">): void {
    const { id, chain, prefix, runtime: wish } = message
    const runtime = reachable(wish, seat, this.#parts.runtimes())
    if (typeof runtime === "string") return peer.say({ op: "completions", id, problem: runtime })
    this.#questions.ask(
      runtime,
      typingMs,
      (asked) => this.#parts.sendToRuntime(runtime.id, write({ op: "complete", id: asked, chain, prefix })),
      (answer, body) => peer.say({ op: "completions", id, ...answer }, body),
    )
  }

  #read({ seat }: FrontEnd, peer: FrontEndPeer, message: Said<FromFrontEnd, "read">): void {
    const { id, eval: read, from, runtime: wish } = message
    const runtime = existing(wish, seat, this.#parts.runtimes())
    if (typeof runtime === "string") return peer.say({ op: "part", id, problem: runtime })
    this.#questions.ask(
      runtime,
      readingMs,
      (asked) => this.#parts.sendToRuntime(runtime.id, write({ op: "read", id: asked, eval: read, from })),
      (answer, body) => peer.say({ op: "part", id, ...answer }, body),
    )
  }

  #recall({ seat }: FrontEnd, peer: FrontEndPeer, message: Said<FromFrontEnd, "recall">): void {
    const { id, runtime: wish, ...query } = message
    const found = existing(wish, seat, this.#parts.runtimes())
    if (typeof found === "string") return peer.say({ op: "recalled", id, problem: found })
    const runtime = answering(found)
    const { lines, ...rest } = this.#parts.recall(found.id, query)
    for (const { number, session, line, body } of lines) {
      peer.say({ ...line, op: "line", id, number, runtime: { ...runtime, session } }, body)
    }
    peer.say({ op: "recalled", id, runtime, ...rest })
  }

  #expand(asker: FrontEnd, peer: FrontEndPeer, message: Said<FromFrontEnd, "expand">): void {
    const { id, runtime: _, ...rest } = message
    const { id: frontEnd, kind, seat } = asker
    if (rest.runsGetters && kind === "agent" && this.#parts.agents !== "allow") {
      return peer.say({ op: "expansion", id, problem: "agents may not run getters here" })
    }
    const runtime = this.#holderOf(message, seat)
    if (typeof runtime === "string") return peer.say({ op: "expansion", id, problem: runtime })
    let isAsked = false
    this.#questions.ask(
      runtime,
      typingMs,
      (asked) => {
        // A getter must not run twice.
        if (!isAsked || !rest.runsGetters) {
          this.#parts.sendToRuntime(runtime.id, write({ ...rest, id: asked, frontEnd }))
        }
        isAsked = true
      },
      ({ problem }, body) => peer.say({ op: "expansion", id, ...(problem !== undefined && { problem }) }, body),
    )
  }

  /** The runtime that has the value, where it is here; otherwise the problem. */
  #holderOf({ objectId, chain = [], runtime }: Said<FromFrontEnd, "expand">, seat: Seat): Runtime | string {
    if (objectId === undefined) {
      return chain.length > 0
        ? reachable(runtime, seat, this.#parts.runtimes())
        : "name a value, by a handle or a chain"
    }
    const holder = [...this.#parts.runtimes().values()].find(({ session }) => session === sessionOf(objectId))
    if (holder === undefined) return "its page was reloaded or is gone, and the value with it"
    return holder.presence.at === "away" ? `${holder.name} is away` : holder
  }

  #release(objectIds: readonly string[]): void {
    for (const { id, session } of this.#parts.runtimes().values()) {
      const own = objectIds.filter((objectId) => sessionOf(objectId) === session)
      if (own.length > 0) this.#parts.sendToRuntime(id, write({ op: "release", objectIds: own }))
    }
  }
}

/** A handle is the session that gave it, a dot, and a number. */
function sessionOf(objectId: string): string {
  return objectId.slice(0, objectId.lastIndexOf("."))
}

function targetMessage(seat: Seat, problem: string | undefined): Said<ToFrontEnd, "target"> {
  const runtime = targetOf(seat)
  return { op: "target", ...(runtime !== undefined && { runtime }), ...(problem !== undefined && { problem }) }
}

/** The runtimes that a reload is for and that hear it. */
function reloadable(
  wish: string | undefined,
  seat: Seat,
  runtimes: ReadonlyMap<string, Runtime>,
): { readonly runtimes: readonly Runtime[]; readonly problem?: string } {
  if (wish === "all") return { runtimes: [...runtimes.values()].filter(({ presence }) => presence.at !== "away") }
  const runtime = reachable(wish, seat, runtimes)
  return typeof runtime === "string" ? { runtimes: [], problem: runtime } : { runtimes: [runtime] }
}

/** The runtime that is meant, where it is here; otherwise the problem. */
function reachable(wish: string | undefined, seat: Seat, runtimes: ReadonlyMap<string, Runtime>): Runtime | string {
  const runtime = existing(wish, seat, runtimes)
  return typeof runtime === "object" && runtime.presence.at === "away" ? `${runtime.name} is away` : runtime
}

/** The runtime that is meant, here or away; otherwise the problem. */
function existing(wish: string | undefined, seat: Seat, runtimes: ReadonlyMap<string, Runtime>): Runtime | string {
  const choice = choose(wish, seat, runtimes)
  switch (choice.at) {
    case "undecided":
      return choice.reason
    case "absent":
      return choice.loss
    case "found":
      return choice.runtime
    default:
      return choice satisfies never
  }
}
