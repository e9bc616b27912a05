import { join } from "node:path"
import { Client } from "@modelcontextprotocol/client"
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio"
import { Client as ClientOfV1 } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioClientTransport as TransportOfV1 } from "@modelcontextprotocol/sdk/client/stdio.js"
import { onTestFinished } from "vitest"
import type { Desk } from "./bridge-process.ts"

const bin = new URL("../../bin/repl-bridge.js", import.meta.url).pathname

export interface Agent {
  tools(): Promise<readonly any[]>
  /** What the tool says for machines, with `isError`; only its text where it says nothing for machines. */
  call(tool: string, input?: object, signal?: AbortSignal): Promise<any>
}

/** The official clients of the Model Context Protocol, of both eras. */
export const eras = ["v1", "v2 with initialize", "v2, stateless"] as const

/** An agent's own program, which starts `repl-bridge mcp`. */
export async function startAgent(
  desk: Desk,
  era: (typeof eras)[number],
  words: readonly string[] = [],
): Promise<Agent> {
  const info = { name: "tester", version: "1.0.0" }
  const server = {
    command: process.execPath,
    args: [bin, "mcp", ...words],
    cwd: desk.folder,
    env: { XDG_STATE_HOME: join(desk.folder, "state"), PATH: process.env["PATH"]! },
  }
  let client: any
  if (era === "v1") {
    client = new ClientOfV1(info)
    await client.connect(new TransportOfV1(server))
  } else {
    client = new Client(info, {
      versionNegotiation: { mode: era === "v2, stateless" ? { pin: "2026-07-28" } : "legacy" },
    })
    await client.connect(new StdioClientTransport(server))
  }
  onTestFinished(() => client.close())
  return {
    tools: async () => (await client.listTools()).tools,
    async call(name, input = {}, signal) {
      const wish = { name, arguments: input }
      const { isError, structuredContent, content } = await (era === "v1"
        ? client.callTool(wish, undefined, { signal })
        : client.callTool(wish, { signal }))
      return { isError: isError ?? false, ...(structuredContent ?? { text: content[0].text }) }
    },
  }
}
