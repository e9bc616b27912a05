import { randomUUID } from "node:crypto"
import { readDiscovery } from "../discovery/index.ts"
import { createPrepare } from "../language/index.ts"
import { closeCode, protocolVersion, type RuntimeInfo } from "../protocol/index.ts"
import { urlHost } from "./addresses.ts"
import { createChunks } from "./chunks.ts"
import { createConsoleDesk } from "./console/desk.ts"
import { loadText } from "./console/load-text.ts"
import { createSourceMaps } from "./console/source-maps.ts"
import { createDoorman } from "./doorman.ts"
import { createEraseTypes } from "./erase-types.ts"
import { Router } from "./evals/router.ts"
import { openChannel, type ChannelUse, type FrontEndChannel } from "./frontends/channel.ts"
import { FrontEnds } from "./frontends/front-ends.ts"
import { RpcPeers, rpcProtocol } from "./frontends/rpc.ts"
import { hashToken, type Load, type Policy, type Refusal } from "./gate.ts"
import { answerEvals } from "./http-eval.ts"
import { answerRequests, refuseUpgrade } from "./http.ts"
import { close, listen } from "./listen.ts"
import { settingsOf, type BridgeOptions, type Settings } from "./options.ts"
import { write } from "./peer.ts"
import { startPulse, type Pulsing } from "./pulse.ts"
import { dialEveryMs, Runtimes } from "./runtimes/runtimes.ts"
import { createUpgrade, type Socket, type SocketUse } from "./socket.ts"
import { createSyntaxCheck } from "./syntax-check.ts"

export interface BridgeEvents {
  /** A runtime came, changed or went. */
  runtime: RuntimeInfo
  /** Somebody was not let in. */
  refused: Pick<Refusal, "status" | "reason">
}

export interface Bridge {
  readonly url: string
  readonly port: number
  readonly token: string
  /** Where others than this machine reach it, without a path; nowhere unless it was exposed. */
  readonly exposedUrls: readonly string[]
  /** What pages must have in their tag there. */
  readonly runtimeKey: string
  /** Random for each start. */
  readonly instance: string
  readonly runtimes: readonly RuntimeInfo[]
  /** The names of the front ends that are here. */
  readonly frontEnds: readonly string[]
  /** A front end's way in, in this process. `closed` is called when the bridge closes it. */
  openChannel(receive: (frame: string) => void, closed?: (code: number, reason: string) => void): FrontEndChannel
  /** Listeners are called after the current turn. Returns a function that removes this one. */
  on<Event extends keyof BridgeEvents>(event: Event, listener: (detail: BridgeEvents[Event]) => void): () => void
  /**
   * Announces itself as restarting, closes all sockets with 1012 and frees the
   * port at once; resolves when the last socket is closed. Twice is fine.
   */
  stop(): Promise<void>
}

const maxBytes = { runtime: 4 * 1024 * 1024, frontEnd: 1024 * 1024 } as const
const frontEndSeats = 16
/** How long an outcome waits for the source maps of the scripts that its stacks name. The next one finds them loaded. */
const mapPatienceMs = 250
const maxWrongTokens = 20
/** How long the ends may take to answer our last word before their sockets are cut. */
const farewellMs = 300
/** When an end that found no place may dial again, and to how many this is said at a time. */
const busyMs = 5000
const mostTurnedAway = 32
/** A close carries 123 bytes of reason, and a character takes up to three. */
const maxCloseReason = 41
/** When the first end may dial again after a stop; the others follow one by one [L18]. */
const retryAfterMs = 250

/**
 * Starts a bridge on both loopback families.
 *
 * @throws {@link BridgeError} `bad-options` before anything is bound, `port-in-use` or `cannot-listen`
 */
export async function startBridge(options: BridgeOptions = {}): Promise<Bridge> {
  const settings = settingsOf(options)
  const { exposed, tls, runtimeKey } = settings
  const { graceMs, heartbeatMs, helloMs, maxMessagesPerS, version, token, clientScript, demo, log } = settings
  const instance = randomUUID()
  const events = createEvents()
  const startedAt = new Date().toISOString()
  const stopping = new AbortController()
  const chunks = createChunks()
  let port = 0
  let isOpen = false
  let stopped: Promise<void> | undefined
  let turningAway = 0

  const runtimes = new Runtimes({
    bridge: instance,
    version,
    heartbeatMs,
    helloMs,
    maxBytes: maxBytes.runtime,
    maxMessagesPerS,
    config: { ...settings, newId: randomUUID },
    show: (info) => {
      if (info.state === "gone") desk.forget(info.id)
      frontEnds.announce(write({ op: "runtime", runtime: info }))
      events.emit("runtime", info)
    },
    changed: () => {
      frontEnds.reseat()
      router.rethink()
    },
    sessionReady: (runtime) => {
      router.sessionReady(runtime)
      frontEnds.sessionReady(runtime.id)
    },
    sessionEnded: (runtime, loss) => {
      router.sessionEnded(runtime, loss)
      frontEnds.sessionEnded(runtime.id, loss.reason)
    },
    outcome: (by, outcome, body) => router.outcome(by, outcome, body),
    console: (by, line, body) => desk.hear(by, line, body),
    reply: (runtime, reply, body) => frontEnds.reply(runtime, reply, body),
    copy: (by, copy, text) => router.copy(by, copy, text),
    owes: (session) => router.owes(session),
    now,
    keepChunk: chunks.keep,
  })
  const frontEnds = new FrontEnds({
    bridge: instance,
    version,
    heartbeatMs,
    helloMs,
    graceMs,
    maxBytes: maxBytes.frontEnd,
    policy: settings.target,
    agents: settings.agents,
    runtimes: () => runtimes.all,
    infos: () => runtimes.infos,
    sendToRuntime: (runtime, message) => runtimes.send(runtime, message),
    isSettled: () => router.isSettled,
    ask: (asker, message, code) => router.ask(asker, message, code),
    isKnown: (id) => router.isKnown(id),
    forbid: (asker, message, code, why) => router.forbid(asker, message, code, why),
    cancel: (message) => router.cancel(message),
    ack: (ids) => router.ack(ids),
    recall: (runtime, query) => desk.recall(runtime, query),
    seated: () => router.rethink(),
    left: (frontEnd, forGood) => router.frontEndLeft(frontEnd, forGood),
  })
  const { openRpc } = settings
  const rpcs = openRpc && new RpcPeers({ open: openRpc, url, openChannel: open })
  const desk = createConsoleDesk({
    openSourceMaps: ({ id }) =>
      createSourceMaps({
        origin: runtimes.all.get(id)?.origin ?? "",
        isOurs: (file) => isOwnClient(file, port),
        load: (file) => loadText(file, stopping.signal),
        // Loaded once a page has such a map.
        openMap: async (json, file) => (await import("./console/open-map.ts")).openMap(json, file),
      }),
    pass: (by, line, body, number) => frontEnds.console(by, line, body, number),
  })
  const router = new Router({
    runtimes: () => runtimes.all,
    sendToRuntime: (runtime, message) => runtimes.send(runtime, message),
    expect: (runtime) => runtimes.expect(runtime),
    isStuffed: (runtime) => runtimes.isStuffed(runtime),
    isBehind: (frontEnd) => frontEnds.isBehind(frontEnd),
    tell: (frontEnd, message) => frontEnds.tell(frontEnd, message),
    announce: (message) => frontEnds.announce(message),
    seatOf: (frontEnd) => frontEnds.seatOf(frontEnd),
    scriptTag: () => `<script src="${url()}/client.js"></script>`,
    mapResult: (by, json) => desk.mapResult(by, json, mapPatienceMs),
    prepare: createPrepare({
      checkSyntax: createSyntaxCheck(),
      eraseTypes: createEraseTypes(),
      loopLimitMs: settings.loopLimitMs,
    }),
    graceMs,
    now,
  })

  const doorman = createDoorman({
    policy: policyOf(settings),
    load: () => loadOf(isOpen, runtimes, frontEnds, rpcs),
    now,
    log,
    refused: ({ status, reason }) => events.emit("refused", { status, reason }),
  })
  const upgradeRuntime = createUpgrade(maxBytes.runtime)
  const upgradeFrontEnd = createUpgrade(maxBytes.frontEnd)

  const listening = await listen(settings.port, {
    request: answerRequests({
      doorman,
      clientScript: typeof clientScript === "string" ? () => clientScript : clientScript,
      takeChunk: chunks.take,
      demo,
      status: () => ({
        url: url(),
        port,
        pid: process.pid,
        bridge: instance,
        protocol: protocolVersion,
        version,
        startedAt,
        runtimes: runtimes.infos,
        frontEnds: frontEnds.names,
      }),
      evaluate: answerEvals({ openChannel: open, version, maxBytes: maxBytes.frontEnd }),
    }),
    upgrade: (request, wire, head) => {
      const verdict = doorman.judge(request, "upgrade")
      if (!verdict.admit) {
        // A browser shows its page no status; what it can do is said in words, while there are hands free to say it.
        const isTold = verdict.isBusy && turningAway < mostTurnedAway
        return isTold ? upgradeRuntime(request, wire, head, turnAway(verdict)) : refuseUpgrade(wire, verdict)
      }
      if (verdict.door === "frontend") return upgradeFrontEnd(request, wire, head, acceptFrontEnd)
      const userAgent = request.headers["user-agent"] ?? ""
      upgradeRuntime(request, wire, head, (socket) => runtimes.accept(socket, verdict.origin, userAgent))
    },
    portInUse,
    exposed,
    tls,
  })
  port = listening.port
  isOpen = true

  const stopPulse = startPulse(heartbeatMs, peers, now)
  const settling = setTimeout(() => {
    router.settle()
    frontEnds.reseat()
    router.rethink()
  }, graceMs)

  return {
    url: url(),
    port,
    token,
    exposedUrls: exposed.map((address) => `${tls ? "https" : "http"}://${urlHost(address)}:${port}`),
    runtimeKey,
    instance,
    get runtimes() {
      return runtimes.infos
    },
    get frontEnds() {
      return frontEnds.names
    },
    openChannel: (receive, closed = () => undefined) => open({ frame: receive, closed }),
    on: events.on,
    stop: () => (stopped ??= stop()),
  }

  function url(): string {
    return `http://127.0.0.1:${port}`
  }

  function* peers(): Iterable<Pulsing> {
    yield* runtimes.peers.values()
    yield* frontEnds.peers
    yield* rpcs?.peers ?? []
  }

  function acceptFrontEnd(socket: Socket, protocol: string): SocketUse {
    if (protocol !== rpcProtocol) return frontEnds.accept(socket)
    if (rpcs) return rpcs.accept(socket)
    socket.close(closeCode.policy, "no JSON-RPC here: only `repl-bridge serve` speaks it")
    return unheard
  }

  /** Says when to come again, in place of hearing anything. */
  function turnAway({ reason }: Refusal) {
    return (socket: Socket): SocketUse => {
      turningAway++
      socket.send(write({ op: "busy", retryAfterMs: busyMs }))
      socket.close(closeCode.tryAgainLater, reason.slice(0, maxCloseReason))
      return { ...unheard, closed: () => turningAway-- }
    }
  }

  function open(use: ChannelUse): FrontEndChannel {
    const channel = openChannel((socket) => frontEnds.accept(socket), use)
    if (!isOpen) frontEnds.stop(() => retryAfterMs)
    return channel
  }

  async function stop(): Promise<void> {
    isOpen = false
    stopping.abort()
    chunks.clear()
    stopPulse()
    clearTimeout(settling)
    router.stop()
    const closed = Promise.all(listening.servers.map(close))
    let nth = 0
    const retryAfter = (): number => retryAfterMs + dialEveryMs * nth++
    runtimes.stop(retryAfter)
    frontEnds.stop(retryAfter)
    rpcs?.stop()
    const cut = setTimeout(() => {
      for (const { socket } of peers()) socket.terminate()
      for (const server of listening.servers) server.closeAllConnections()
    }, farewellMs)
    await closed
    clearTimeout(cut)
  }
}

const nothing = (): void => undefined
const unheard: SocketUse = { frame: nothing, binary: nothing, pong: nothing, closed: nothing }

/** Whether a script is the client that this bridge serves. */
function isOwnClient(file: string, port: number): boolean {
  return new RegExp(`^https?://[^/]+:${port}/client\\.js(\\?|$)`).test(file)
}

/** Milliseconds that never run backwards. */
function now(): number {
  return performance.now()
}

function policyOf({
  allowHosts,
  allowOrigins,
  trustProxy,
  token,
  runtimeKey,
  exposed,
  remoteFrontEnds,
  demo,
  maxRuntimes,
  maxRuntimesPerOrigin,
}: Settings): Policy {
  return {
    allowHosts: new Set(allowHosts.map((host) => host.toLowerCase())),
    allowOrigins: new Set(allowOrigins),
    trustProxy,
    tokenHash: hashToken(token),
    runtimeKeyHash: hashToken(runtimeKey),
    exposedHosts: new Set(exposed.map(urlHost)),
    remoteFrontEnds,
    pages: new Set(Object.keys(demo)),
    maxRuntimes,
    maxRuntimesPerOrigin,
    frontEndSeats,
    maxWrongTokens,
  }
}

function loadOf(
  isOpen: boolean,
  runtimes: Runtimes,
  frontEnds: FrontEnds,
  rpcs: RpcPeers | undefined,
): Omit<Load, "wrongTokens"> {
  return {
    isOpen,
    runtimes: runtimes.peers.size,
    runtimesOf: (origin) => [...runtimes.peers.values()].filter((peer) => peer.origin === origin).length,
    frontEnds: frontEnds.peers.size + (rpcs?.unseated ?? 0),
  }
}

function portInUse(port: number, address: string): string {
  const other = readDiscovery(port)
  const holder = other === undefined ? "another program" : `another bridge (pid ${other.pid})`
  const where = address === "::1" ? `port ${port} of [::1]` : `port ${port}`
  return `${where} is taken by ${holder}: stop it, or pass --port`
}

function createEvents() {
  const listeners = new Map<keyof BridgeEvents, Set<(detail: never) => void>>()
  return {
    on<Event extends keyof BridgeEvents>(event: Event, listener: (detail: BridgeEvents[Event]) => void): () => void {
      const ears = listeners.get(event) ?? new Set()
      listeners.set(event, ears.add(listener))
      return () => ears.delete(listener)
    },
    emit<Event extends keyof BridgeEvents>(event: Event, detail: BridgeEvents[Event]): void {
      for (const listener of listeners.get(event) ?? []) queueMicrotask(() => listener(detail as never))
    },
  }
}
