/**
 * Finds dead links [L29]: every end answers pings on the level of WebSocket, of a
 * page the browser does whatever blocks the page, and any byte counts as life, also
 * one in the middle of a long frame.
 */

export interface Pulsing {
  readonly socket: { readonly bytesRead: number; ping(payload: string): void; terminate(): void }
  /** It may be unable to answer on any level: an eval runs in it, and nobody else answers for it. */
  readonly isDeaf: boolean
  /** It is not read at the moment, so that nothing comes. */
  readonly isPaused: boolean
  /** How many whole frames it has sent. */
  readonly frames: number
  say(message: { readonly op: "pong" }): void
  /** Its link lives, and its own heartbeat stays out. */
  doubt(): void
}

/** What was last seen of one link. */
export interface Life {
  readonly bytesRead: number
  readonly frames: number
  /** When bytes came last, and when a whole frame did. */
  readonly seen: number
  readonly heard: number
  /** It has answered. */
  readonly isProven: boolean
}

/** Beats of silence after which a link is dead, or its code is worth a question. */
const beats = { dead: 2, deaf: 8, doubtful: 1.5 } as const
/** Before its first answer nothing is known of its distance: where the beat is short it has as long as a deaf one, up to this. */
const firstAnswerMs = 10_000

/** Silence is looked for twice a beat, so that a death is noticed within 2.5 beats. */
const looksPerBeat = 2

export function isDead(
  { seen, isProven }: Pick<Life, "seen" | "isProven">,
  now: number,
  heartbeatMs: number,
  isDeaf: boolean,
): boolean {
  const patienceMs = heartbeatMs * (isDeaf ? beats.deaf : beats.dead)
  const firstMs = isProven ? 0 : Math.min(heartbeatMs * beats.deaf, firstAnswerMs)
  return now - seen >= Math.max(patienceMs, firstMs)
}

/** A look that comes late, after sleep or a blocked process, has learnt nothing: the answers wait behind it [L28]. */
export function isLate(sinceLastLookMs: number, heartbeatMs: number): boolean {
  return sinceLastLookMs > (heartbeatMs / looksPerBeat) * 2
}

/** Returns a function that ends it. */
export function startPulse(heartbeatMs: number, peers: () => Iterable<Pulsing>, now: () => number): () => void {
  if (heartbeatMs === 0) return () => undefined
  const lives = new WeakMap<Pulsing, Life>()
  let last = now()
  let looks = 0

  const look = (peer: Pulsing, at: number, isLateLook: boolean): void => {
    const { bytesRead } = peer.socket
    const { frames, isPaused } = peer
    const before = lives.get(peer)
    if (before === undefined) return void lives.set(peer, { bytesRead, frames, seen: at, heard: at, isProven: false })
    const isAlive = before.bytesRead !== bytesRead
    const isHeard = before.frames !== frames
    const life: Life = {
      bytesRead,
      frames,
      seen: isAlive || isPaused || isLateLook ? at : before.seen,
      heard: isHeard || isPaused || isLateLook ? at : before.heard,
      isProven: before.isProven || isAlive,
    }
    lives.set(peer, life)
    // Behind a long frame, or unread, its pings wait, and it must hear from us in time.
    if ((isAlive && !isHeard) || isPaused) peer.say({ op: "pong" })
    if (isDead(life, at, heartbeatMs, peer.isDeaf)) peer.socket.terminate()
    else if (at - life.heard >= heartbeatMs * beats.doubtful) peer.doubt()
  }

  const timer = setInterval(() => {
    const at = now()
    const isLateLook = isLate(at - last, heartbeatMs)
    last = at
    looks++
    for (const peer of peers()) {
      look(peer, at, isLateLook)
      if (looks % looksPerBeat === 0 || isLateLook) peer.socket.ping("")
    }
  }, heartbeatMs / looksPerBeat)
  return () => clearInterval(timer)
}
