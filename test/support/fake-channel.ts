import type { LinkStateName } from "../../src/link/index.ts"
import {
  decodeFromFrontEnd,
  protocolVersion,
  type FromFrontEnd,
  type RuntimeInfo,
  type Said,
  type ToFrontEnd,
} from "../../src/protocol/index.ts"
import type { ChannelUse, OpenChannel } from "../../src/frontend/channel.ts"

/** A way to a bridge that is the test. */
export interface FakeChannel {
  readonly open: OpenChannel
  /** What the front end said since it was last asked, in order; an eval's code comes as `code`. */
  heard(): readonly (FromFrontEnd & { readonly code?: string })[]
  /** Says welcome on a new socket. */
  welcome(more?: Partial<Said<ToFrontEnd, "welcome">>): void
  say(message: ToFrontEnd, body?: unknown): void
  /** The socket is lost; a link would wait now. */
  drop(): void
  refuse(code: number, reason: string): void
  readonly isClosed: boolean
}

export function createFakeChannel(): FakeChannel {
  let use: ChannelUse
  let state: LinkStateName = "dialling"
  let said: (FromFrontEnd & { readonly code?: string })[] = []

  const hear = (frame: string): void => {
    for (const { message, body } of decodeFromFrontEnd(frame)) {
      said.push(body === undefined ? message : { ...message, code: body })
    }
  }
  const change = (to: LinkStateName): void => {
    const from = state
    state = to
    if (from !== to) use.changed({ from, to })
  }

  return {
    open(nextUse) {
      use = nextUse
      return {
        get state() {
          return state
        },
        url: undefined,
        send: (message) => {
          if (state === "ready") hear(message)
        },
        async close() {
          change("stopped")
        },
      }
    },
    heard() {
      const all = said
      said = []
      return all
    },
    welcome(more = {}) {
      state = "greeting"
      hear(use.hello())
      const welcome: Said<ToFrontEnd, "welcome"> = {
        op: "welcome",
        protocol: protocolVersion,
        version: "0",
        bridge: "bridge-1",
        frontEnd: "f",
        runtimes: [] as readonly RuntimeInfo[],
        ...more,
      }
      state = "ready"
      use.welcomed(welcome)
      use.changed({ from: "greeting", to: "ready" })
    },
    say: (message, body) => use.heard(message, body === undefined ? undefined : JSON.stringify(body)),
    drop: () => change("waiting"),
    refuse(code, reason) {
      use.refused({ code, reason })
      change("refused")
    },
    get isClosed() {
      return state === "stopped"
    },
  }
}
