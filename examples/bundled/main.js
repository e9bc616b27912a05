import { connect, on } from "repl-bridge/client"

const line = document.getElementById("state")
on("stateChange", ({ to }) => (line.textContent = to))

if (import.meta.env.DEV) void connect({ url: "ws://localhost:9001/runtime", backoff: { cap: 5000 } })
