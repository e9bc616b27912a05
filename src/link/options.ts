import type { Decode } from "../protocol/index.ts"

/** The part of a WebSocket that a link uses; a browser's, `ws`'s and Node's own all fit. */
export interface Socket {
  readonly bufferedAmount: number
  send(text: string): void
  close(code?: number, reason?: string): void
  onopen: ((event: never) => void) | null
  onmessage: ((event: { readonly data: unknown }) => void) | null
  onclose: ((event: { readonly code: number; readonly reason: string; readonly wasClean: boolean }) => void) | null
  onerror: ((event: never) => void) | null
}

/** Time as a link sees it. In a page these are the functions captured at load. */
export interface Clock {
  /**
   * Milliseconds that never run backwards and do not stand still while the
   * machine sleeps: the larger of the monotonic and the wall clock's advance.
   */
  now(): number
  /** Returns a function that disarms the timer. */
  after(ms: number, run: () => void): () => void
}

/**
 * Looks for the bridge while the link waits [L19]. `report(true)`: it is there,
 * dial now. `report(false)`: just looked, it is not; a due retry then counts
 * without a dial. `report(undefined)`: it cannot look. `explain(why)`: it is there, and lets no socket in.
 * `wasReady`: so was the link since the search before. Returns a function that ends the search.
 */
export type Scout = (
  url: string,
  report: (there: boolean | undefined) => void,
  explain: (why: string) => void,
  wasReady: boolean,
) => () => void

export interface BackoffOptions {
  /** First delay, in milliseconds. @defaultValue 1000 */
  readonly base?: number
  /** Largest delay, in milliseconds; at least `base`. @defaultValue 30000 */
  readonly cap?: number
  /** Growth from one delay to the next. @defaultValue 2 */
  readonly factor?: number
  /** Share by which a delay may differ either way, 0–1. @defaultValue 0 on loopback, 0.25 elsewhere [L13] */
  readonly jitter?: number
}

/** What a user may tune; every field has its default in `defaults.ts`. */
export interface LinkSettings {
  /** Delays between attempts, or a function of the attempt (from 0) that gives milliseconds [L12]. */
  readonly backoff?: BackoffOptions | ((attempt: number) => number)
  /** Dials before the link gives up; Infinity for never [L14]. @defaultValue Infinity */
  readonly maxAttempts?: number
  /** How long dial, open and welcome may take together, in milliseconds [L6]. @defaultValue 15000 */
  readonly setupMs?: number
  /**
   * How long the bridge may stay silent before the link is taken for dead and
   * dialled again, in milliseconds. Any inbound frame counts as a sign of life.
   * Code that blocks the page for longer than this does not break the link [L28].
   * Where it is less than the default, the link beats more often.
   *
   * @defaultValue 2.5 × the heartbeat interval the bridge announces
   */
  readonly silenceMs?: number
  /** Offer a heartbeat in hello. @defaultValue true */
  readonly heartbeat?: boolean
  /** When the attempt counter returns to 0: at open, at ready, or after so many stable milliseconds [L15]. @defaultValue 5000 */
  readonly resetAfter?: "open" | "ready" | number
  /** Whether a clean close (1000) leads to a retry too. @defaultValue true */
  readonly reconnectOnCleanClose?: boolean
  /** Decides for a single drop; called after `reconnectOnCleanClose`. */
  readonly shouldReconnect?: (drop: Drop) => boolean
  /** Refreshes credentials; single-flight, at most once a minute [L10, L16]. */
  readonly refreshCredentials?: () => void | Promise<void>
}

/** Read at every dial [L10]. */
export type Url = string | (() => string | Promise<string>)

/** What a welcome must carry for the link; ends add their own fields. */
export interface Welcome {
  readonly op: "welcome"
  readonly protocol: number
  readonly version: string
  readonly bridge: string
  readonly heartbeatMs?: number | undefined
  readonly spreadMs?: number | undefined
  readonly features?: readonly string[] | undefined
}

/** What the link needs from the end that uses it. */
export interface LinkParts<Message extends { readonly op: string }, Settings extends LinkSettings = LinkSettings> {
  readonly settings: Settings
  readonly clock: Clock
  /** 0 ≤ x < 1. */
  readonly random: () => number
  /** May throw; a throw counts as a failed attempt on a retry [L7]. */
  readonly openSocket: (url: string, settings: Settings) => Socket
  /** The hello message as text, made anew for each attempt. */
  readonly hello: (settings: Settings) => string
  readonly decode: Decode<Message>
  /** Every decoded message but ping, pong, welcome, reject, restarting and busy, which are the link's own. */
  readonly deliver: (message: Message, body: string | undefined) => void
  readonly scout?: Scout
  /** One line of the link's own log [L45]; never an error level. */
  readonly log?: (line: string) => void
}

export type LinkStateName = "idle" | "dialling" | "greeting" | "ready" | "waiting" | "stopped" | "refused" | "gave-up"

export interface Drop {
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean
}

export interface Ready<Message extends { readonly op: string }> {
  readonly reconnected: boolean
  readonly attempt: number
  readonly bridgeInstance: string
  readonly welcome: Extract<Message, { readonly op: "welcome" }>
}

/** Emitted after the state has changed [L3]; a listener that throws breaks nothing [L4]. */
export interface LinkEvents<Message extends { readonly op: string }> {
  connecting: { readonly attempt: number }
  ready: Ready<Message>
  disconnected: Drop & { readonly willReconnect: boolean }
  reconnecting: { readonly attempt: number; readonly maxAttempts: number; readonly delay: number }
  reconnectFailed: { readonly attempts: number }
  refused: { readonly code: number; readonly reason: string }
  heartbeatTimeout: { readonly silentMs: number }
  flapping: { readonly drop: Drop }
  closed: { readonly reason: string }
  stateChange: { readonly from: LinkStateName; readonly to: LinkStateName }
}

export type LinkErrorCode = "refused" | "stopped" | "gave-up" | "bad-options"

/** Why `connect()` did not become ready, or why options were not accepted. */
export class LinkError extends Error {
  readonly code: LinkErrorCode

  constructor(code: LinkErrorCode, message: string) {
    super(message)
    this.name = "LinkError"
    this.code = code
  }
}

/** @throws LinkError `bad-options` */
export function check(isFine: boolean, name: string, value: number, expected: string): void {
  if (!isFine) throw new LinkError("bad-options", `${name} is ${value}: it must be ${expected}`)
}

/** The effort to stay connected, over many sockets. */
export interface Link<Message extends { readonly op: string }, Settings extends LinkSettings = LinkSettings> {
  /**
   * Starts, or joins what is under way. With another URL than before, the old
   * socket is torn down first [L5]. Settles once [L9]. New settings, which make
   * a difference only where it starts, are checked before anything is touched.
   *
   * @throws {@link LinkError} refused, stopped or gave-up; `bad-options` at once where no socket can be made at all [L7]
   */
  connect(url?: Url, settings?: Settings): Promise<Ready<Message>>
  /** For good: final synchronously; resolves on the socket's close or after 2 s [L21, L22]. */
  disconnect(reason?: string): Promise<void>
  enableReconnection(): void
  disableReconnection(): void
  /** Dials now, unless a dial is in flight or the link is ready. */
  reconnectNow(): void
  /** Something suggests that a dial would succeed; rate-limited [L17]. */
  hint(): void
  /** Sends a message written by `writeMessage`; messages of one turn share a frame where the bridge takes batches. Returns false when not ready: nothing was sent. */
  send(message: string): boolean
  /** Closes the socket under a code of the end's own and waits without dialling until `resume()`: the page is cached or frozen [L42]. */
  suspend(code: number, reason: string): void
  resume(): void
  readonly state: LinkStateName
  readonly alive: boolean
  readonly isReconnecting: boolean
  readonly isWaiting: boolean
  readonly reconnectAttempts: number
  /** The socket's bytes not yet handed to the network; 0 without a socket. */
  readonly bufferedAmount: number
  /** Returns a function that removes the listener. */
  on<Event extends keyof LinkEvents<Message>>(
    event: Event,
    listener: (detail: LinkEvents<Message>[Event]) => void,
  ): () => void
}
