import { createHash, timingSafeEqual } from "node:crypto"
import { hostName, isLoopbackName, originName } from "./addresses.ts"
import { quoted } from "./plain.ts"

/**
 * Decides who may come in: what is known about a request goes in, a verdict
 * comes out. One function for plain requests and for upgrades; it looks at
 * nothing else, and it never throws.
 */

/** A request as far as the gate cares. Headers are lists, because a header may come twice. */
export interface Knock {
  readonly by: "request" | "upgrade"
  readonly method: string
  /** As it stood in the request line. */
  readonly target: string
  readonly hosts: readonly string[]
  readonly origins: readonly string[]
  readonly authorizations: readonly string[]
  readonly subprotocols: readonly string[]
  /** A header says that a proxy passed the request on. */
  readonly forwarded: boolean
  /** A `Sec-Fetch-*` header is there: a browser sent this. */
  readonly fetched: boolean
  /** It came in at an address that others than this machine may reach. */
  readonly exposed: boolean
}

/** The rules of this bridge, fixed at its start. */
export interface Policy {
  /** Beside the loopback names, in lower case. */
  readonly allowHosts: ReadonlySet<string>
  /** Beside those on loopback names, canonical. */
  readonly allowOrigins: ReadonlySet<string>
  readonly trustProxy: boolean
  readonly tokenHash: Buffer
  /** Admits runtimes, and nothing else. */
  readonly runtimeKeyHash: Buffer
  /** The addresses that others reach, as they stand in a URL. */
  readonly exposedHosts: ReadonlySet<string>
  /** Front ends, too, may come in there. */
  readonly remoteFrontEnds: boolean
  /** Paths of the demo. */
  readonly pages: ReadonlySet<string>
  readonly maxRuntimes: number
  readonly maxRuntimesPerOrigin: number
  /** Seats that no runtime can take. */
  readonly frontEndSeats: number
  /** Wrong tokens in a minute before the answer is 429. */
  readonly maxWrongTokens: number
}

/** What counts at this moment. */
export interface Load {
  /** False while it starts or stops. */
  readonly isOpen: boolean
  readonly runtimes: number
  readonly runtimesOf: (origin: string) => number
  readonly frontEnds: number
  readonly wrongTokens: number
}

export interface Refusal {
  readonly admit: false
  readonly status: 400 | 401 | 403 | 404 | 405 | 429 | 503
  /** One sentence: what is wrong, and the option that would allow it. */
  readonly reason: string
  /** A token was presented and is not ours. */
  readonly wrongToken?: true
  /** All places are taken: it may come again. */
  readonly isBusy?: true
  /** For 405. */
  readonly allow?: string
}

export interface Admission {
  readonly admit: true
  readonly door: DoorName
  readonly path: string
  readonly query: string
  /** Verified; empty where the request had none. */
  readonly origin: string
  /** The origin belongs to a page that may be a runtime, and may read what is public. */
  readonly readable: boolean
}

export type Verdict = Admission | Refusal

export type DoorName = "client" | "chunk" | "page" | "eval" | "status" | "runtime" | "frontend"

interface Door {
  readonly name: DoorName
  readonly by: Knock["by"]
  readonly methods: readonly string[]
  readonly who: "anyone" | "runtimes" | "front ends"
}

const reading = ["GET", "HEAD"]
const chunk: Door = { name: "chunk", by: "request", methods: ["GET"], who: "runtimes" }
const page: Door = { name: "page", by: "request", methods: reading, who: "anyone" }
const doors: ReadonlyMap<string, Door> = new Map([
  ["/client.js", { name: "client", by: "request", methods: reading, who: "anyone" }],
  ["/eval", { name: "eval", by: "request", methods: ["POST"], who: "front ends" }],
  ["/status", { name: "status", by: "request", methods: reading, who: "front ends" }],
  ["/runtime", { name: "runtime", by: "upgrade", methods: ["GET"], who: "runtimes" }],
  ["/frontend", { name: "frontend", by: "upgrade", methods: ["GET"], who: "front ends" }],
])

const plainTarget = /^(\/(?:[A-Za-z0-9._~-]+(?:\/[A-Za-z0-9._~-]+)*\/?)?)(?:\?([A-Za-z0-9._~!$'()*+,;:@=&%-]*))?$/
/** With a name of 128 bits. */
const chunkPath = /^\/chunk\/[\w-]{22}$/
const dotSegment = /\/\.{1,2}(?:\/|$)/

/** The subprotocol that carries a token, for ends that cannot set headers. Never echoed. */
export const tokenProtocol = "repl-bridge.token."

export function decide(knock: Knock, policy: Policy, load: Load): Verdict {
  const host = refuseHost(knock, policy)
  if (host) return host

  const [, path, query = ""] = plainTarget.exec(knock.target) ?? []
  if (path === undefined || dotSegment.test(path))
    return refuse(400, "the request target has characters that no path of ours has")

  const remote = knock.forwarded && !policy.trustProxy

  const door = policy.pages.has(path) ? page : chunkPath.test(path) ? chunk : doors.get(path)
  if (door === undefined || (door.by !== knock.by && !isQuestion(knock)))
    return refuse(404, `there is nothing at ${quoted(path)} for this kind of request: ${whatThereIs(policy)}`)
  if (!door.methods.includes(knock.method) && !isQuestion(knock)) {
    return { ...refuse(405, `${path} does not take ${quoted(knock.method)}`), allow: door.methods.join(", ") }
  }

  const origin = refuseOrigin(knock, policy, door)
  if (origin) return origin

  const needsToken =
    remote ||
    (knock.exposed && door.name === "runtime") ||
    door.who === "front ends" ||
    (door.who === "runtimes" && knock.origins.length === 0)
  const token = needsToken ? refuseToken(knock, policy, load, door, remote) : undefined
  if (token) return token

  const capacity = refuseCapacity(knock, policy, load, door)
  if (capacity) return capacity

  const from = knock.origins[0] ?? ""
  return {
    admit: true,
    door: door.name,
    path,
    query,
    origin: from,
    readable: from !== "" && mayBeRuntime(from, knock, policy),
  }
}

/** A page asks what would become of its upgrade, since it never learns why one was refused. */
export function isQuestion({ by, method, target }: Pick<Knock, "by" | "method" | "target">): boolean {
  return by === "request" && method === "POST" && target === "/runtime"
}

/** For whoever opens the address that the terminal shows. */
function whatThereIs({ pages }: Policy): string {
  return `${pages.has("/demo") ? "/demo is a page to try, " : ""}/client.js the script for yours`
}

function refuse(status: Refusal["status"], reason: string): Refusal {
  return { admit: false, status, reason }
}

/** A page behind a rebound DNS name sends neither Origin nor Sec-Fetch-*: its Host is all there is to see. */
function refuseHost({ hosts, exposed }: Knock, policy: Policy): Refusal | undefined {
  const [host, ...others] = hosts
  if (host === undefined || others.length > 0) return refuse(403, "a request must have exactly one Host")
  const name = hostName(host)
  if (name !== undefined) {
    if (policy.allowHosts.has(name)) return undefined
    if (exposed ? policy.exposedHosts.has(name) : isLoopbackName(name)) return undefined
  }
  if (exposed) return refuse(403, `the Host ${quoted(host)} is not the exposed address: pass --allow-host to allow it`)
  return refuse(403, `the Host ${quoted(host)} is not a loopback name: pass --allow-host to allow it`)
}

function refuseOrigin(knock: Knock, policy: Policy, door: Door): Refusal | undefined {
  const { origins, fetched, exposed } = knock
  const [origin, ...others] = origins
  if (others.length > 0) return refuse(403, "a request must not have more than one Origin")
  switch (door.who) {
    case "anyone":
      return undefined
    case "front ends":
      if (exposed && !policy.remoteFrontEnds)
        return refuse(403, "front ends must be on this machine: pass --remote-frontends, with TLS, to allow others")
      if (origin === undefined && !fetched) return undefined
      return refuse(
        403,
        "requests from browsers may not evaluate, whatever their token (Node's fetch looks like one: use node:http)",
      )
    case "runtimes":
      if (origin === undefined ? mayBeProgram(knock) : mayBeRuntime(origin, knock, policy)) return undefined
      return refuse(
        403,
        `pages of ${quoted(origin ?? "no origin")} may not connect: pass --allow-origin with the exact origin to allow them`,
      )
    default:
      return door.who satisfies never
  }
}

/**
 * No browser dials a WebSocket without an Origin. That of Node does, calls itself a browser otherwise, and shows its
 * token as a subprotocol, the only place that it has for one.
 */
function mayBeProgram({ by, fetched, subprotocols }: Knock): boolean {
  return !fetched || (by === "upgrade" && subprotocols.some((protocol) => protocol.startsWith(tokenProtocol)))
}

/** Where the bridge is exposed, the pages that its own machine serves there count, too: they have the key besides. */
function mayBeRuntime(origin: string, { exposed }: Knock, policy: Policy): boolean {
  if (policy.allowOrigins.has(origin)) return true
  const name = originName(origin)
  return name !== undefined && (isLoopbackName(name) || (exposed && policy.exposedHosts.has(name)))
}

/**
 * The right token always passes: it has 256 bits, so that the throttle need not keep
 * a guesser from it, and must not keep its owner from it.
 */
function refuseToken(knock: Knock, policy: Policy, load: Load, door: Door, remote: boolean): Refusal | undefined {
  const presented = presentedToken(knock)
  const mayHaveKey = door.who === "runtimes"
  if (presented !== undefined && isRight(presented, policy, mayHaveKey)) return undefined
  const where = remote
    ? "a proxy passed this request on, so it needs the token: pass --trust-proxy if the proxy is yours"
    : mayHaveKey && knock.exposed
      ? "the runtime key is needed: use the script tag that the bridge printed"
      : "the token of the bridge's discovery file is needed: Authorization: Bearer …"
  if (presented === undefined) return refuse(401, where)
  const status = load.wrongTokens >= policy.maxWrongTokens ? 429 : 401
  return { ...refuse(status, `wrong token; ${where}`), wrongToken: true }
}

function isRight(presented: string, { tokenHash, runtimeKeyHash }: Policy, mayHaveKey: boolean): boolean {
  const hash = hashToken(presented)
  // Both are compared, so that the time tells nothing.
  const isToken = timingSafeEqual(hash, tokenHash)
  const isKey = timingSafeEqual(hash, runtimeKeyHash)
  return isToken || (mayHaveKey && isKey)
}

function presentedToken({ authorizations, subprotocols }: Knock): string | undefined {
  if (authorizations.length > 1) return ""
  const [header] = authorizations
  if (header !== undefined) return /^Bearer +(\S+)$/i.exec(header)?.[1] ?? ""
  const carriers = subprotocols.filter((protocol) => protocol.startsWith(tokenProtocol))
  if (carriers.length > 1) return ""
  return carriers[0]?.slice(tokenProtocol.length)
}

export function hashToken(token: string): Buffer {
  return createHash("sha256").update(token).digest()
}

function busy(reason: string): Refusal {
  return { ...refuse(503, reason), isBusy: true }
}

function refuseCapacity({ by, origins }: Knock, policy: Policy, load: Load, door: Door): Refusal | undefined {
  if (by === "request") return undefined
  if (!load.isOpen) return refuse(503, "the bridge is starting or stopping")
  if (load.runtimes + load.frontEnds >= policy.maxRuntimes + policy.frontEndSeats) {
    return busy("all sockets of the bridge are taken: pass --max-runtimes to allow more")
  }
  if (door.who !== "runtimes") return undefined
  if (load.runtimes >= policy.maxRuntimes) {
    return busy(`there are ${load.runtimes} runtimes already: pass --max-runtimes to allow more`)
  }
  const [origin = ""] = origins
  if (load.runtimesOf(origin) < policy.maxRuntimesPerOrigin) return undefined
  return busy(
    `there are ${policy.maxRuntimesPerOrigin} runtimes of ${quoted(origin)} already: pass --max-runtimes to allow more`,
  )
}
