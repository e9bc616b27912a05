/**
 * The Node API: a bridge in this process, and front ends to any bridge.
 *
 * @packageDocumentation
 */
export { BridgeError, startBridge, type Bridge, type BridgeOptions } from "./server/index.ts"
export {
  connectFrontEnd,
  type ConsoleLine,
  type EvaluateOptions,
  type Evaluation,
  type FrontEnd,
  type FrontEndEvents,
} from "./frontend/index.ts"
