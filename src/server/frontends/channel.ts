import { closeCode } from "../../protocol/index.ts"
import type { Socket, SocketUse } from "../socket.ts"

/** A front end's way in, in the bridge's own process: frames both ways, open until either side closes it. */
export interface FrontEndChannel {
  send(frame: string): void
  close(): void
}

/** What becomes of what a channel brings. */
export interface ChannelUse {
  frame(frame: string): void
  /** The bridge closed it. */
  closed(code: number, reason: string): void
  /** Where what comes is passed on: how much of it is still unread there. @defaultValue 0 */
  readonly bufferedBytes?: number
}

/** The same manners as over a WebSocket, without one. Frames arrive after the current turn, never within a call. */
export function openChannel(accept: (socket: Socket) => SocketUse, use: ChannelUse): FrontEndChannel {
  let isOpen = true
  let looks = 0
  const end = (code: number, reason: string, tell: boolean): void => {
    if (!isOpen) return
    isOpen = false
    queueMicrotask(() => {
      bridge.closed(code, reason)
      if (tell) use.closed(code, reason)
    })
  }
  const bridge = accept({
    get bufferedBytes() {
      return use.bufferedBytes ?? 0
    },
    // Nothing can cut it, so that whoever looks finds it alive.
    get bytesRead() {
      return looks++
    },
    send: (frame) => {
      if (isOpen) queueMicrotask(() => use.frame(frame))
    },
    ping: () => undefined,
    pause: () => undefined,
    resume: () => undefined,
    close: (code, reason) => end(code, reason, true),
    terminate: () => end(closeCode.internalError, "", true),
  })
  return {
    send: (frame) => {
      if (isOpen) bridge.frame(frame)
    },
    close: () => end(closeCode.normal, "", false),
  }
}
