// A Node, Deno or Bun process as a runtime: evaluate in it with `repl-bridge eval "visits"`.
import { connect } from "repl-bridge/client"
import { readFile } from "node:fs/promises"
import { homedir } from "node:os"
import { join } from "node:path"

// Runtimes that are not in a browser present the token that the bridge left for this user.
const state = process.env.XDG_STATE_HOME ?? join(homedir(), ".local", "state")
const { url, token } = JSON.parse(await readFile(join(state, "repl-bridge", "9001.json"), "utf8"))

globalThis.visits = 0
setInterval(() => globalThis.visits++, 1000)

await connect({
  url: url.replace(/^http/, "ws") + "/runtime",
  token,
  name: "visits",
  // Node has one of its own from 22 on.
  WebSocket: globalThis.WebSocket ?? (await import("ws")).WebSocket,
})
console.log("connected: try `repl-bridge eval visits`")
