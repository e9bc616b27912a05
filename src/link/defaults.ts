// The numbers of the link, in milliseconds where they end in Ms. A constant each, since those are built in where they are used.

/** Backoff [L12]. */
export const base = 1000
export const cap = 30_000
export const factor = 2
/** Elsewhere than on loopback [L13]. */
export const jitter = 0.25
/** Dial, open and welcome together [L6]. */
export const setupMs = 15_000
/** How long a link must be ready before the attempts start again at 0 [L15]. */
export const resetAfterMs = 5000
/** A ready spell under this is a quick one; so many in a row are flapping [L16]. */
export const quickMs = 5000
export const quickSpells = 3
/** The least time between two dials that hints ask for [L17]. */
export const hintMs = 1000
/** Beats of silence that a proven peer may take [L26]. */
export const silentBeats = 2.5
/** Pings that a peer which has never ponged may leave unanswered [L25]. */
export const unansweredPings = 3
/** A timer that is later than this tells of our own sleep, not of the peer's silence [L28]. */
export const lateMs = 1000
/** The least time between two refreshes of credentials [L10]. */
export const refreshMs = 60_000
/** How long `disconnect()` waits for the socket's close [L22]. */
export const closeMs = 2000
/** What a timer is able to wait; one that is asked for more is due at once. */
export const longestMs = 2 ** 31 - 1
/** A close may carry 123 bytes of reason, and a character takes up to three. */
export const reasonLength = 41
