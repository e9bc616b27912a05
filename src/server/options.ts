import { randomBytes } from "node:crypto"
import { readFileSync } from "node:fs"
import { isIP, isIPv6 } from "node:net"
import { networkInterfaces } from "node:os"
import { createSecureContext } from "node:tls"
import { originName, urlHost } from "./addresses.ts"
import { packageVersion } from "../protocol/index.ts"
import { BridgeError } from "./errors.ts"
import { agentPolicies, type AgentPolicy } from "./frontends/consent.ts"
import type { OpenRpc } from "./frontends/rpc.ts"
import { targetPolicies, type TargetPolicy } from "./evals/target.ts"
import type { Tls } from "./listen.ts"
import { quoted } from "./plain.ts"

/** A file of the demo as it is served. */
export interface DemoFile {
  /** Its `Content-Type`. */
  readonly type: string
  readonly body: string | Uint8Array
}

/** All have defaults; they are validated before the port is bound [L35]. */
export interface BridgeOptions {
  /** 0 lets the system choose. @defaultValue 9001 */
  readonly port?: number
  /**
   * An address of this machine at which others reach it, beside loopback, where the bridge always is; needs `expose`.
   * `0.0.0.0` stands for all of them (IPv4). @defaultValue none: `127.0.0.1`, `localhost` and `::1` mean the same
   */
  readonly host?: string
  /** Lets others than this machine reach the bridge, by `host`: pages with the runtime key, and no front ends. @defaultValue false */
  readonly expose?: boolean
  /** What pages elsewhere must have in their script tag; of the same form as `token`. @defaultValue random, 256 bits */
  readonly runtimeKey?: string
  /** Certificate and key in PEM for the exposed addresses. Loopback stays as it is. @defaultValue none */
  readonly tls?: Tls
  /** Front ends elsewhere may come in, by TLS and with the token. @defaultValue false */
  readonly remoteFrontEnds?: boolean
  /** Exact origins, beside those on loopback names, whose pages may connect. */
  readonly allowOrigins?: readonly string[]
  /** Host names, beside the loopback names, under which the bridge may be addressed. */
  readonly allowHosts?: readonly string[]
  /** Requests that a proxy passed on count as local. @defaultValue false */
  readonly trustProxy?: boolean
  /** What front ends must present; at least 22 of the characters of base64url. @defaultValue random, 256 bits */
  readonly token?: string
  /**
   * Where evals go that name no runtime, of a front end that chose none: `sticky` to the only one there is, and from
   * then on to that; `latest` to the page that came last; `visible` to the page that the user sees. @defaultValue "sticky"
   */
  readonly target?: TargetPolicy
  /** What front ends of kind `agent` may: everything, what a person at a terminal says yes to, or only look. @defaultValue "allow" */
  readonly agents?: AgentPolicy
  /**
   * Stops a loop of an input that keeps the page from all else for so long, in milliseconds. It costs each turn of a
   * loop a call. @defaultValue 0: none is stopped
   */
  readonly loopLimitMs?: number
  /** Sockets of runtimes at a time. @defaultValue 240 */
  readonly maxRuntimes?: number
  /**
   * Messages of one runtime a second; what is more waits in the network. The client keeps below it.
   * @defaultValue 1500
   */
  readonly maxMessagesPerS?: number
  /** In milliseconds; 0 switches it off. @defaultValue 15000 */
  readonly heartbeatMs?: number
  /** How long a session or a front end that is away may take to return, in milliseconds. @defaultValue 60000 */
  readonly graceMs?: number
  /** How long a runtime may take to return after its page was unloaded, before it counts as closed, in milliseconds. @defaultValue 3000 */
  readonly reloadMs?: number
  /** The same where the browser closed the socket and the page said nothing, in milliseconds. @defaultValue 10000 */
  readonly unannouncedMs?: number
  /** How long a runtime may take to prove that it is alive when another claims its id, in milliseconds. @defaultValue 700 */
  readonly probeMs?: number
  /** How long an accepted socket may take to say hello, in milliseconds. @defaultValue 5000 */
  readonly helloMs?: number
  /** Named in welcome. @defaultValue the version of this package */
  readonly version?: string
  /** The text of `/client.js`. @defaultValue the built one, read at each request */
  readonly clientScript?: string | (() => string)
  /** What is served beside it, by path: `/demo` and its assets. @defaultValue nothing */
  readonly demo?: Readonly<Record<string, DemoFile>>
  /** Answers the sockets at `/frontend` whose subprotocol is `repl-bridge.rpc`. @defaultValue they are refused */
  readonly openRpc?: OpenRpc
  /** Takes the bridge's own log, a line at a time. @defaultValue nobody */
  readonly log?: (line: string) => void
}

export interface Settings extends Required<Omit<BridgeOptions, "tls" | "expose" | "host" | "openRpc">> {
  readonly maxRuntimesPerOrigin: number
  /** The addresses beside loopback. */
  readonly exposed: readonly string[]
  readonly tls: Tls | undefined
  readonly openRpc: OpenRpc | undefined
}

/** @throws {@link BridgeError} `bad-options` with a sentence that names the option */
export function settingsOf(options: BridgeOptions): Settings {
  const settings: Settings = {
    port: options.port ?? 9001,
    exposed: exposedAddresses(options),
    runtimeKey: options.runtimeKey ?? randomBytes(32).toString("base64url"),
    tls: options.tls,
    openRpc: options.openRpc,
    remoteFrontEnds: options.remoteFrontEnds ?? false,
    allowOrigins: options.allowOrigins ?? [],
    allowHosts: options.allowHosts ?? [],
    trustProxy: options.trustProxy ?? false,
    token: options.token ?? randomBytes(32).toString("base64url"),
    loopLimitMs: options.loopLimitMs ?? 0,
    target: options.target ?? "sticky",
    agents: options.agents ?? "allow",
    maxRuntimes: options.maxRuntimes ?? 240,
    maxRuntimesPerOrigin: options.maxRuntimes ?? 32,
    // The client's console alone allows itself 1,000 lines a second.
    maxMessagesPerS: options.maxMessagesPerS ?? 1500,
    heartbeatMs: options.heartbeatMs ?? 15_000,
    graceMs: options.graceMs ?? 60_000,
    reloadMs: options.reloadMs ?? 3000,
    unannouncedMs: options.unannouncedMs ?? 10_000,
    probeMs: options.probeMs ?? 700,
    helloMs: options.helloMs ?? 5000,
    version: options.version ?? packageVersion,
    clientScript: options.clientScript ?? builtClientScript,
    demo: options.demo ?? {},
    log: options.log ?? (() => undefined),
  }
  wholeNumber("port", settings.port, 0, 65_535)
  wholeNumber("maxRuntimes", settings.maxRuntimes, 1, 1_000_000)
  wholeNumber("maxMessagesPerS", settings.maxMessagesPerS, 1, 1_000_000)
  for (const name of [
    "heartbeatMs",
    "graceMs",
    "reloadMs",
    "unannouncedMs",
    "probeMs",
    "helloMs",
    "loopLimitMs",
  ] as const) {
    wholeNumber(name, settings[name], 0, 2 ** 31 - 1)
  }
  checkTls(settings)
  for (const name of ["token", "runtimeKey"] as const) {
    if (!/^[\w-]{22,512}$/.test(settings[name])) bad(`${name} must be 22 to 512 of the characters A–Z a–z 0–9 _ -`)
  }
  if (!agentPolicies.includes(settings.agents)) {
    bad(`agents ${quoted(settings.agents)} must be one of ${agentPolicies.join(", ")}`)
  }
  if (!targetPolicies.includes(settings.target)) {
    bad(`target ${quoted(settings.target)} must be one of ${targetPolicies.join(", ")}`)
  }
  settings.allowOrigins.forEach(checkOrigin)
  settings.allowHosts.forEach(checkHost)
  for (const path of Object.keys(settings.demo)) {
    if (!/^\/demo(?:\/[\w~-][\w.~-]*)*$/.test(path))
      bad(`demo path ${quoted(path)} must be /demo or below it, of plain characters`)
  }
  return settings
}

const loopback = ["127.0.0.1", "localhost", "::1"]

function exposedAddresses({ host: wished = "127.0.0.1", expose = false }: BridgeOptions): readonly string[] {
  const host = isIPv6(wished) ? shortest(wished) : wished
  if (loopback.includes(host)) {
    if (expose) bad("expose needs host: the address at which others reach this machine, or 0.0.0.0 for all of them")
    return []
  }
  const given = `host ${quoted(host)}`
  if (!isIP(host)) bad(`${given} is no address: write it in numbers, like 192.168.1.20`)
  if (!expose) bad(`${given} lets others than this machine reach the bridge: pass --expose if you mean that`)
  if (host === "::") bad(`${given} is not understood: name the address, or 0.0.0.0 for all of IPv4`)
  if (host !== "0.0.0.0") return [host]
  const addresses = Object.values(networkInterfaces())
    .flatMap((found) => found ?? [])
    .filter(({ family, internal }) => family === "IPv4" && !internal)
    .map(({ address }) => address)
  if (addresses.length === 0) bad(`${given}: this machine has no address that others reach`)
  return addresses
}

/** An IPv6 address as browsers write it, in `Host` and `Origin`. */
function shortest(address: string): string {
  const url = `http://${urlHost(address)}`
  if (!URL.canParse(url))
    bad(`host ${quoted(address)} names an interface, which no URL can: leave out what is behind %`)
  return new URL(url).hostname.slice(1, -1)
}

function checkTls({ exposed, tls, remoteFrontEnds }: Settings): void {
  if (tls && exposed.length === 0) bad("tls is for exposed addresses: this machine needs none, so leave it out")
  if (remoteFrontEnds && !tls) bad("remoteFrontEnds needs tls: else the network could read their token")
  if (!tls) return
  try {
    createSecureContext(tls)
  } catch (error) {
    bad(`tls: certificate and key do not fit (${(error as Error).message}): both must be PEM`)
  }
}

function bad(message: string): never {
  throw new BridgeError("bad-options", message)
}

function wholeNumber(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  bad(`${name} must be a whole number from ${least} to ${most}, not ${String(value)}`)
}

function checkOrigin(origin: string): void {
  const given = `allowOrigins: ${quoted(origin)}`
  if (origin === "null")
    bad(`${given} is the origin of every sandboxed frame and file: serve the page over http instead`)
  if (origin.includes("*")) bad(`${given} is a pattern: name each origin exactly`)
  if (!origin.includes("://")) bad(`${given} has no scheme: write it like https://example.test:8080`)
  const isWeb = /^https?:/i.test(origin)
  if (isWeb ? originName(origin) === undefined : !/^[a-z][a-z0-9+.-]*:\/\/[\w.-]+(?::\d+)?$/.test(origin)) {
    bad(`${given} is no origin as browsers write it: scheme and host in lower case, no default port, no path`)
  }
}

function checkHost(host: string): void {
  if (/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i.test(host)) return
  bad(`allowHosts: ${quoted(host)} must be a host name without scheme, port or pattern`)
}

/** The library and the bundled command line both lie one folder below it. */
function builtClientScript(): string {
  return readFileSync(new URL("../client.js", import.meta.url), "utf8")
}
