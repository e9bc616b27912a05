/**
 * Why a socket was closed: the one list of codes. 4000–4099 are said by a
 * runtime about itself, 4400–4499 by the bridge.
 */
export const closeCode = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  policy: 1008,
  tooBig: 1009,
  internalError: 1011,
  restarting: 1012,
  tryAgainLater: 1013,
  /** A page was hidden for good or for the back/forward cache. */
  pageHidden: 4001,
  /** The browser froze the page. */
  pageFrozen: 4002,
  /** The link took the socket for dead; its session returns on another. */
  dropped: 4003,
  badHello: 4400,
  unauthorized: 4401,
  forbidden: 4403,
  /** Another socket of the same runtime took its place [L20]. */
  replaced: 4409,
  helloTimeout: 4408,
  wrongVersion: 4426,
} as const

const finalCodes: ReadonlySet<number> = new Set([
  closeCode.policy,
  closeCode.badHello,
  closeCode.unauthorized,
  closeCode.forbidden,
  closeCode.replaced,
  closeCode.wrongVersion,
])

/** Whether dialling again after this code would meet the same answer. */
export function isFinal(code: number): boolean {
  return finalCodes.has(code)
}
