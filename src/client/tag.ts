import { capturePlatform } from "./platform.ts"
import { createReplBridge } from "./repl-bridge.ts"
import type { ConnectOptions, CreateAbilities } from "./runtime.ts"

/** A script element, as far as it matters here. */
export interface Tag {
  readonly src: string
  readonly dataset: DOMStringMap
}

/** Makes `replBridge`, unless it is there, and connects as the tag says. */
export function startFromTag(createAbilities: CreateAbilities): void {
  if (globalThis.replBridge) return
  const tag = findTag(globalThis.document, new Error("where am I?").stack)
  const platform = capturePlatform(tag?.src)
  const warn = (sentence: string): void => platform.warn(`repl-bridge: ${sentence}`)
  const bridge = (globalThis.replBridge = createReplBridge(platform, createAbilities, tag && readTag(tag)))
  if (!tag) return warn("cannot tell which bridge it came from: call replBridge.connect({ url })")
  if ("manual" in tag.dataset) return
  bridge.on("refused", ({ reason }) => warn(reason))
  bridge.connect().catch(({ code, message }) => {
    if (code === "bad-options") warn(message)
  })
}

/**
 * The tag that runs this script. A module has no `currentScript`, nor has a
 * script that was imported or runs in a worker; there the stack says its URL,
 * and the tag with that URL, if any, is the one.
 */
export function findTag(document: Document | undefined, stack: string | undefined): Tag | undefined {
  const current = document?.currentScript as HTMLScriptElement | null | undefined
  if (current?.src) return current
  const src = /https?:\S+?\/client\.js[^\s:)]*/.exec(stack ?? "")?.[0]
  if (src === undefined) return undefined
  return [...(document?.scripts ?? [])].find((script) => script.src === src) ?? { src, dataset: {} }
}

/** The options that a tag gives by its `src` and `data-*` attributes. */
export function readTag({ src, dataset }: Tag): ConnectOptions {
  const { name, maxAttempts, backoffBase, backoffCap, heartbeat, allowRemote, frames } = dataset
  const { origin, searchParams } = new URL(src)
  // Of a bridge that is exposed: whoever has its key means to be remote.
  const token = searchParams.get("key") ?? undefined
  return {
    url: origin,
    ...(token && { token }),
    name,
    maxAttempts: numberOf(maxAttempts),
    backoff: { base: numberOf(backoffBase), cap: numberOf(backoffCap) },
    heartbeat: heartbeat !== "off",
    allowRemote: (allowRemote ?? token) !== undefined,
    frames: frames !== undefined,
  }
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text)
}
