import { connectFrontEnd, type FrontEnd, type FrontEndOptions } from "../frontend/index.ts"
import type { OutputOptions } from "./output.ts"

export interface ReachOptions extends OutputOptions {
  readonly port?: number
  readonly url?: string
}

export function connect(
  { port, url }: ReachOptions,
  more: Pick<FrontEndOptions, "name" | "kind" | "connectMs" | "maxReconnectDelayMs" | "signal">,
): Promise<FrontEnd> {
  return connectFrontEnd({ ...(url !== undefined && { url }), ...(port !== undefined && { port }), ...more })
}
