export { startBridge, type Bridge, type BridgeEvents } from "./bridge.ts"
export { BridgeError, type BridgeErrorCode } from "./errors.ts"
export type { FrontEndChannel } from "./frontends/channel.ts"
export type { BridgeOptions, DemoFile } from "./options.ts"
