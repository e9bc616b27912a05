export type FrontEndErrorCode =
  | "bad-options"
  /** Nobody answers, or what answers is no bridge. */
  | "no-bridge"
  /** A bridge is there and does not let us in. */
  | "not-allowed"
  | "no-runtime"
  /** What was asked for is not there, or not any more. */
  | "no-value"
  /** The bridge went away before it answered. */
  | "gone"
  | "interrupted"

/** Why a front end could not do what it was asked; its message names the thing and the next step. */
export class FrontEndError extends Error {
  readonly code: FrontEndErrorCode

  constructor(code: FrontEndErrorCode, message: string) {
    super(message)
    this.name = "FrontEndError"
    this.code = code
  }
}
