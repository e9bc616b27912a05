/** The numbers of the link, in milliseconds where they end in Ms. */
export const defaults = {
  /** Backoff [L12]. */
  base: 1000,
  cap: 30_000,
  factor: 2,
  /** Elsewhere than on loopback [L13]. */
  jitter: 0.25,
  /** Dial, open and welcome together [L6]. */
  setupMs: 15_000,
  /** How long a link must be ready before the attempts start again at 0 [L15]. */
  resetAfterMs: 5000,
  /** A ready spell under this is a quick one; so many in a row are flapping [L16]. */
  quickMs: 5000,
  quickSpells: 3,
  /** The least time between two dials that hints ask for [L17]. */
  hintMs: 1000,
  /** Beats of silence that a proven peer may take [L26]. */
  silentBeats: 2.5,
  /** Pings that a peer which has never ponged may leave unanswered [L25]. */
  unansweredPings: 3,
  /** A timer that is later than this tells of our own sleep, not of the peer's silence [L28]. */
  lateMs: 1000,
  /** The least time between two refreshes of credentials [L10]. */
  refreshMs: 60_000,
  /** How long `disconnect()` waits for the socket's close [L22]. */
  closeMs: 2000,
  /** What a timer is able to wait; one that is asked for more is due at once. */
  longestMs: 2 ** 31 - 1,
  /** A close may carry 123 bytes of reason, and a character takes up to three. */
  reasonLength: 41,
} as const
