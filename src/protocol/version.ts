/**
 * The version of the wire. Both ends name theirs in hello and welcome; ends
 * whose versions differ refuse each other and say which side to upgrade [L8].
 * It changes with every incompatible change of PROTOCOL.md.
 */
export const protocolVersion = 1

/**
 * What an end can do beyond the core. A peer uses a feature only towards an
 * end that named it, so that an end written by hand in a dozen lines stays valid.
 *
 * - `batch`: accepts frames that carry several messages.
 * - `prepared`: a runtime that evaluates prepared code.
 * - `pieces`: a runtime that takes long code in pieces.
 */
export const features: readonly string[] = ["batch", "prepared", "pieces"]

/** The version of this package, as its package.json says it too. */
export const packageVersion = "0.1.0"
