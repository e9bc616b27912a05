import type { FrontEnd } from "../frontend.ts"

export interface McpOptions {
  /** This process's standard input, which the protocol's own package reads. */
  readonly input: NodeJS.ReadStream
  /** Connects to the bridge under the name given, which says which agent asks. Called when the first tool is used, and again after a failure. */
  readonly connect: (name: string) => Promise<FrontEnd>
  /** Aborting it ends the service. */
  readonly signal: AbortSignal
}

/**
 * Serves the Model Context Protocol on this process's standard input and output until the input closes. What that needs
 * is loaded here and not before.
 */
export async function serveMcp(options: McpOptions): Promise<void> {
  const { serveTools } = await import("./server.ts")
  return serveTools(options)
}
