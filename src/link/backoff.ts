import * as defaults from "./defaults.ts"
import { check, type LinkSettings } from "./options.ts"

/** The delay before the wait with this number, from 0, in milliseconds. */
export type Delay = (wait: number, random: () => number) => number

/**
 * The delays between attempts: `min(base · factor^n, cap)`, with a jitter either
 * way that never exceeds the cap [L12, L13]. `isLoopback` is asked for each delay,
 * since the bridge may move. A function that throws, or gives no number, does not
 * end the link: the cap takes its place [L4].
 *
 * @throws LinkError `bad-options`
 */
export function createBackoff(backoff: LinkSettings["backoff"], isLoopback: () => boolean): Delay {
  if (typeof backoff === "function") {
    return (wait) => {
      try {
        const delay = backoff(wait)
        return delay < Infinity ? Math.max(delay, 0) : defaults.cap
      } catch {
        return defaults.cap
      }
    }
  }
  const { base = defaults.base, cap = Math.max(base, defaults.cap), factor = defaults.factor, jitter } = backoff ?? {}
  check(base > 0 && base < Infinity, "backoff.base", base, "more than 0")
  check(cap >= base, "backoff.cap", cap, `at least the base, ${base}`)
  check(factor >= 1, "backoff.factor", factor, "at least 1")
  if (jitter !== undefined) check(jitter >= 0 && jitter <= 1, "backoff.jitter", jitter, "from 0 to 1")
  return (wait, random) => {
    const delay = Math.min(base * factor ** wait, cap)
    const share = jitter ?? (isLoopback() ? 0 : defaults.jitter)
    return share === 0 ? delay : Math.min(delay * (1 + share * (2 * random() - 1)), cap)
  }
}
