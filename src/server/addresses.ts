import { isIPv6 } from "node:net"

/** Names and origins, judged by matching alone: `new URL` throws, guesses and repairs. */

const hostHeader = /^(\[[0-9a-f:]+\]|[a-z0-9.-]+)(?::(\d{1,5}))?$/i
const label = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
const localhostName = new RegExp(`^(?:${label}\\.)*localhost$`)
const octets = /^127\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/
const originParts = /^(https?):\/\/(\[[0-9a-f:]+\]|[a-z0-9.-]+)(?::([1-9]\d{0,4}))?$/

/** Whether a name in lower case always means this machine, whatever a DNS server says. */
export function isLoopbackName(name: string): boolean {
  if (name === "[::1]" || localhostName.test(name)) return true
  const found = octets.exec(name)
  return found !== null && found.slice(1).every((octet) => Number(octet) <= 255 && String(Number(octet)) === octet)
}

/** The name in a `Host` header, in lower case and without its port; undefined where it is no host at all. */
export function hostName(header: string): string | undefined {
  return hostHeader.exec(header)?.[1]?.toLowerCase()
}

/** The host name of an origin in its own canonical form; undefined for anything else, `null` included. */
export function originName(origin: string): string | undefined {
  const [, scheme, name, port] = originParts.exec(origin) ?? []
  if (port === (scheme === "http" ? "80" : "443") || Number(port ?? 1) > 65_535) return undefined
  return name
}

/** An address as it stands in a URL. */
export function urlHost(address: string): string {
  return isIPv6(address) ? `[${address}]` : address
}

/** Whether a connection came in at the address that only this machine reaches; all others may come from anywhere. */
export function isLoopbackAddress(address: string | undefined): boolean {
  return address === "127.0.0.1" || address === "::1"
}
