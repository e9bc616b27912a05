import { get as getPlain } from "node:http"
import { get as getSecure } from "node:https"
import type { LookupFunction } from "node:net"
import type { LoadedText } from "./source-maps.ts"

const maxBytes = 16 * 1024 * 1024
const timeoutMs = 3000

/** Whatever a DNS server says about a name, it is this machine that is asked. */
const lookup: LookupFunction = (_name, { all }, found) => {
  if (all) found(null, [...loopback])
  else found(null, loopback[0].address, loopback[0].family)
}
const loopback = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
] as const

/** Gets a text from a server of this machine: no redirect is followed, nothing but 200 counts, size and time are bounded. */
export function loadText(url: string, stopping: AbortSignal): Promise<LoadedText | undefined> {
  const get = url.startsWith("https:") ? getSecure : getPlain
  return new Promise((resolve) => {
    const give = (loaded?: LoadedText): void => {
      request.destroy()
      resolve(loaded)
    }
    const request = get(url, {
      agent: false,
      lookup,
      headers: { accept: "*/*", "accept-encoding": "identity" },
      // Development servers sign their own; what comes is shown, never run.
      rejectUnauthorized: false,
      signal: AbortSignal.any([stopping, AbortSignal.timeout(timeoutMs)]),
    })
    request.on("error", () => give())
    request.on("response", (response) => {
      if (response.statusCode !== 200 || response.headers["content-encoding"]) return give()
      const { sourcemap } = response.headers
      const chunks: Buffer[] = []
      let bytes = 0
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk)
        bytes += chunk.length
        if (bytes > maxBytes) give()
      })
      response.on("error", () => give())
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString()
        give({ text, sourceMap: typeof sourcemap === "string" ? sourcemap : undefined })
      })
    })
  })
}
