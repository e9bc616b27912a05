import { createAbilities } from "./abilities.ts"
import { capturePlatform } from "./platform.ts"
import { createReplBridge, type ReplBridge } from "./repl-bridge.ts"

export type { BackoffOptions, Drop, LinkErrorCode, LinkSettings, LinkStateName, Url } from "../link/index.ts"
export { LinkError } from "../link/index.ts"
export type { SocketConstructor } from "./platform.ts"
export type { ReplBridge, ReplBridgeEvents, ReplBridgeReady } from "./repl-bridge.ts"
export type { ConnectOptions } from "./runtime.ts"

/** The one link of this runtime, however often and in whatever form the client is loaded [L5]. */
export const replBridge: ReplBridge = (globalThis.replBridge ??= createReplBridge(capturePlatform(), createAbilities))

/** The functions of {@link ReplBridge}, by themselves. */
export const { connect, disconnect, enableReconnection, disableReconnection, reconnectNow, on } = replBridge
