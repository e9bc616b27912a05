/**
 * The script tag: `<script async src="http://127.0.0.1:9001/client.js"></script>`.
 * It connects to where the script came from and dials nothing else. Of several
 * such tags the first one counts [L5].
 */
import { capturePlatform } from "./platform.ts"
import { createReplBridge } from "./repl-bridge.ts"
import { findTag, readTag } from "./tag.ts"

if (!globalThis.replBridge) start()

function start(): void {
  const platform = capturePlatform()
  const warn = (sentence: string): void => platform.warn(`repl-bridge: ${sentence}`)
  const tag = findTag(platform.window?.document, new Error("where am I?").stack)
  const bridge = (globalThis.replBridge = createReplBridge(platform, tag && readTag(tag)))
  if (!tag) return warn("cannot tell which bridge it came from: call replBridge.connect({ url })")
  if ("manual" in tag.dataset) return
  bridge.on("refused", ({ reason }) => warn(reason))
  bridge.connect().catch(({ code, message }) => {
    if (code === "bad-options") warn(message)
  })
}
