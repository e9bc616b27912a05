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
  type ExpandOptions,
  type FrontEnd,
  type FrontEndEvents,
  type LookOptions,
} from "./frontend/index.ts"
