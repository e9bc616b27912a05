import type { LinkStateName } from "../link/index.ts"
import type { Said, ToFrontEnd } from "../protocol/index.ts"

/** A way to the bridge; where it breaks, it comes back by itself or says that it will not. */
export interface Channel {
  readonly state: LinkStateName
  /** Where the bridge was last looked for, as `http://host:port`; absent before that. */
  readonly url: string | undefined
  /** Takes a written message while the state is `ready`; at other times there is nobody to hear it. */
  send(message: string): void
  /** For good. Twice is fine. */
  close(): Promise<void>
}

/** What becomes of what a channel brings. */
export interface ChannelUse {
  /** The first message on every socket, written anew each time. */
  hello(): string
  /** Comes before the change to `ready`. */
  welcomed(welcome: Said<ToFrontEnd, "welcome">): void
  heard(message: ToFrontEnd, body: string | undefined): void
  changed(change: { readonly from: LinkStateName; readonly to: LinkStateName }): void
  refused(refusal: { readonly code: number; readonly reason: string }): void
}

export type OpenChannel = (use: ChannelUse) => Channel

/** States that no channel leaves by itself. */
export function isFinalState(state: LinkStateName): boolean {
  return state === "stopped" || state === "refused" || state === "gave-up"
}
