import { readFileSync } from "node:fs"
import { keepSecret } from "../discovery/index.ts"
import type { Style } from "../frontend/index.ts"
import type { Bridge, BridgeOptions } from "../server/index.ts"
import { UsageError } from "./exit.ts"

export interface ExposureOptions {
  readonly host?: string
  readonly expose?: true
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly remoteFrontends?: true
}

/** How others than this machine reach it, if they do. */
export function exposureOf({ host, expose, tlsCert, tlsKey, remoteFrontends }: ExposureOptions): BridgeOptions {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) throw new UsageError("--tls-cert and --tls-key go together")
  return {
    ...(host !== undefined && { host }),
    // Pages keep their tags over restarts.
    ...(expose && { expose, runtimeKey: keepSecret("runtime-key") }),
    ...(tlsCert !== undefined && tlsKey !== undefined && { tls: { cert: readPem(tlsCert), key: readPem(tlsKey) } }),
    ...(remoteFrontends && { remoteFrontEnds: true }),
  }
}

function readPem(path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${(error as Error).message}`)
  }
}

/** For who exposes the bridge: what that means, what pages elsewhere need, and a way in for a telephone. */
export async function exposureNotice(
  { exposedUrls, runtimeKey }: Pick<Bridge, "exposedUrls" | "runtimeKey">,
  { strong, hint, string }: Style,
): Promise<string> {
  const [first] = exposedUrls
  if (first === undefined) return ""
  // A picture is for those who expose it.
  const { qrCode } = await import("./qr.ts")
  const isReadable = first.startsWith("http:")
  return [
    strong("Exposed: whoever reaches these addresses and knows the key below may connect pages to your terminal."),
    ...(isReadable
      ? ["Without --tls-cert and --tls-key the network can read the key, your code and its results."]
      : []),
    "Keep the tag out of what you publish. In a page on another device:",
    ...exposedUrls.map((url) => `  ${string(`<script async src="${url}/client.js?key=${runtimeKey}"></script>`)}`),
    hint("or open the demo page there:"),
    `  ${string(`${first}/demo?key=${runtimeKey}`)}`,
    "",
    qrCode(`${first}/demo?key=${runtimeKey}`),
    "",
  ].join("\n")
}
