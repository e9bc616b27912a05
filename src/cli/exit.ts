/** Exit codes beside those of outcomes. */
export const exit = {
  done: 0,
  /** What has no code of its own, e.g. a port that is taken. */
  failed: 1,
  usage: 2,
  /** `--no-reconnect`: the link to the bridge broke. */
  dropped: 8,
} as const

/** The words of the command line do not fit together, or name what is not there. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = "UsageError"
  }
}
