/**
 * Finds dead links [L29]: every end, also a page whose main thread is blocked,
 * answers pings on the level of WebSocket, and any byte counts as life, also
 * one in the middle of a long frame.
 */

export interface Pulsing {
  readonly socket: { readonly bytesRead: number; ping(payload: string): void; terminate(): void }
  /** It has reason to be silent for longer: an eval runs in it. */
  readonly isBusy: boolean
  /** How many whole frames it has sent. */
  readonly frames: number
  say(message: { readonly op: "pong" }): void
}

/** What was last seen of one link. */
export interface Life {
  readonly bytesRead: number
  readonly frames: number
  readonly seen: number
  /** Until it has answered for the first time it may be far away and not dead: it is given as long as a busy one. */
  readonly isProven: boolean
}

/** Beats of silence after which a link is dead. */
const patience = { idle: 2, busy: 8 } as const

/** Silence is looked for twice a beat, so that a death is noticed within 2.5 beats. */
const looksPerBeat = 2

export function isDead(life: Pick<Life, "seen">, now: number, heartbeatMs: number, isBusy: boolean): boolean {
  return now - life.seen >= heartbeatMs * (isBusy ? patience.busy : patience.idle)
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

  const timer = setInterval(() => {
    const at = now()
    const late = isLate(at - last, heartbeatMs)
    last = at
    looks++
    for (const peer of peers()) {
      const { bytesRead } = peer.socket
      const { frames } = peer
      const life = lives.get(peer)
      if (life === undefined) lives.set(peer, { bytesRead, frames, seen: at, isProven: false })
      else if (life.bytesRead !== bytesRead) {
        lives.set(peer, { bytesRead, frames, seen: at, isProven: true })
        // Behind a long frame its pings wait, and it must hear from us in time.
        if (life.frames === frames) peer.say({ op: "pong" })
      } else if (late) lives.set(peer, { ...life, seen: at })
      else if (isDead(life, at, heartbeatMs, peer.isBusy || !life.isProven)) peer.socket.terminate()
      if (looks % looksPerBeat === 0 || late) peer.socket.ping("")
    }
  }, heartbeatMs / looksPerBeat)
  return () => clearInterval(timer)
}
