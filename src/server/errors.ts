export type BridgeErrorCode = "bad-options" | "port-in-use" | "cannot-listen"

/** Why a bridge did not start; its message names the thing and the next step. */
export class BridgeError extends Error {
  readonly code: BridgeErrorCode

  constructor(code: BridgeErrorCode, message: string) {
    super(message)
    this.name = "BridgeError"
    this.code = code
  }
}
