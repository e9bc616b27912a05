import { isLoopbackName } from "../addresses.ts"
import { BridgeError } from "../errors.ts"
import { quoted } from "../plain.ts"
import { makeRoom, type Room } from "./policy.ts"

/** The server that a proxy stands before. */
export interface Upstream {
  readonly origin: string
  readonly isSecure: boolean
  readonly host: string
  /** As it stands in a URL. */
  readonly name: string
  readonly port: number
  readonly isHere: boolean
  /**
   * It is told the `Host` that the browser used. A server on this machine then builds URLs that lead back to the
   * proxy, and takes its pages for its own where it compares `Origin` and `Host`. Any other is addressed by its own
   * name, since it may know no other; so is one with TLS, which would take the proxy for one with TLS.
   */
  readonly keepsHost: boolean
}

/** @throws {@link BridgeError} `bad-options` for what is no origin to stand before */
export function readUpstream(text: string): Upstream {
  const refuse = (advice: string): BridgeError =>
    new BridgeError("bad-options", `cannot stand before ${quoted(text)}: ${advice}`)
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw refuse("pass the dev server's address, such as --proxy http://localhost:5173")
  }
  if (url.username !== "" || url.password !== "") throw refuse("a name and a password cannot be passed on")
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    throw refuse(`paths stay as they are; pass --proxy ${url.origin} and open the path there`)
  }
  const isSecure = url.protocol === "https:"
  const isHere = isLoopbackName(url.hostname)
  return {
    origin: url.origin,
    isSecure,
    host: url.host,
    name: url.hostname,
    port: Number(url.port) || (isSecure ? 443 : 80),
    isHere,
    keepsHost: isHere && !isSecure,
  }
}

/** Names and values in turn, as they came in. */
export type RawHeaders = readonly string[]

/** What concerns one connection, and not who is at the end of the next one. */
const connectionHeaders = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "upgrade",
  "expect",
])

/** The headers but those of the connection and those that `change` makes nothing of, in their order. */
function changed(raw: RawHeaders, change: (name: string, value: string) => string | undefined): string[] {
  const named = new Set(valuesOf(raw, "connection").flatMap((value) => value.toLowerCase().split(/\s*,\s*/)))
  const headers: string[] = []
  for (let nth = 0; nth + 1 < raw.length; nth += 2) {
    const [name, value] = [raw[nth]!, raw[nth + 1]!]
    const lowerName = name.toLowerCase()
    if (connectionHeaders.has(lowerName) || named.has(lowerName)) continue
    const becomes = change(lowerName, value)
    if (becomes !== undefined) headers.push(name, becomes)
  }
  return headers
}

export function valuesOf(raw: RawHeaders, name: string): readonly string[] {
  return raw.filter((_, nth) => nth % 2 === 1 && raw[nth - 1]!.toLowerCase() === name)
}

/** What the browser sent, for the server. A page that will get the script comes whole and, if possible, uncompressed. */
export function requestHeaders(raw: RawHeaders, upstream: Upstream, host: string, isForPage: boolean): string[] {
  const own = `http://${host}`
  return changed(raw, (name, value) => {
    switch (name) {
      case "host":
        return upstream.keepsHost ? value : upstream.host
      case "origin":
        return !upstream.keepsHost && value === own ? upstream.origin : value
      case "referer":
        return !upstream.keepsHost && value.startsWith(`${own}/`) ? upstream.origin + value.slice(own.length) : value
      case "accept-encoding":
        return isForPage ? "identity" : value
      case "if-none-match":
      case "if-modified-since":
      case "if-range":
      case "range":
        return isForPage ? undefined : value
      default:
        return value
    }
  })
}

/** What the server answered, for the browser: what leads to the server leads back here. */
export function responseHeaders(raw: RawHeaders, upstream: Upstream, host: string): string[] {
  const headers = changed(raw, (name, value) => {
    switch (name) {
      case "location":
        return backHere(value, upstream, host)
      // This end frames it anew.
      case "transfer-encoding":
        return undefined
      case "set-cookie":
        // A cookie of the server's own name would be no cookie here.
        return value.replace(/;\s*domain=[^;]*/gi, "")
      default:
        return value
    }
  })
  // As the folder's site: not to be loaded by pages of other sites, unless the server has its own rule.
  if (valuesOf(raw, corp).length === 0) headers.push("Cross-Origin-Resource-Policy", "same-site")
  return headers
}

const corp = "cross-origin-resource-policy"

/** Of a page that gets the script: neither its length nor what names its very bytes, and a policy with room. */
export function pageHeaders(headers: RawHeaders, room: Room): string[] {
  return changed(headers, (name, value) => {
    if (ofTheBytes.has(name)) return undefined
    return name === "content-security-policy" ? makeRoom(value, room) : value
  })
}

const ofTheBytes = new Set([
  "accept-ranges",
  "content-digest",
  "content-encoding",
  "content-length",
  "content-md5",
  "digest",
  "etag",
  "last-modified",
  "repr-digest",
])

function backHere(location: string, { origin, isHere, port, isSecure }: Upstream, host: string): string {
  if (!/^https?:\/\//i.test(location) || !URL.canParse(location)) return location
  const url = new URL(location)
  const otherName = isHere && isLoopbackName(url.hostname) && (url.protocol === "https:") === isSecure
  const isUpstream = url.origin === origin || (otherName && (Number(url.port) || (isSecure ? 443 : 80)) === port)
  return isUpstream ? `http://${host}${url.pathname}${url.search}${url.hash}` : location
}
