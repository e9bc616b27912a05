import type { IncomingMessage } from "node:http"

/** By name in lower case. `headersDistinct` throws at one that is called `__proto__` (CVE-2026-21710, mended in Node 20.20.2). */
export function headersOf({ rawHeaders }: IncomingMessage): ReadonlyMap<string, readonly string[]> {
  const headers = new Map<string, string[]>()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase()
    const values = headers.get(name) ?? []
    values.push(rawHeaders[at + 1]!)
    headers.set(name, values)
  }
  return headers
}
