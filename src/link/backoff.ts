import { defaults } from "./defaults.ts"
import { LinkError, type LinkSettings } from "./options.ts"

/** The delay before the wait with this number, from 0, in milliseconds. */
export type Delay = (wait: number, random: () => number) => number

/**
 * The delays between attempts: `min(base · factor^n, cap)`, with a jitter either
 * way that never exceeds the cap [L12, L13].
 *
 * @throws {@link LinkError} `bad-options`
 */
export function createBackoff(backoff: LinkSettings["backoff"], isLoopback: boolean): Delay {
  if (typeof backoff === "function") return (wait) => atLeastZero(backoff(wait))
  const {
    base = defaults.base,
    cap = Math.max(base, defaults.cap),
    factor = defaults.factor,
    jitter = isLoopback ? 0 : defaults.jitter,
  } = backoff ?? {}
  check(base > 0 && base < Infinity, "backoff.base", base, "more than 0")
  check(cap >= base, "backoff.cap", cap, `at least the base, ${base}`)
  check(factor >= 1, "backoff.factor", factor, "at least 1")
  check(jitter >= 0 && jitter <= 1, "backoff.jitter", jitter, "from 0 to 1")
  return (wait, random) => {
    const delay = Math.min(base * factor ** wait, cap)
    return jitter === 0 ? delay : Math.min(delay * (1 + jitter * (2 * random() - 1)), cap)
  }
}

function check(isFine: boolean, name: string, value: number, expected: string): void {
  if (!isFine) throw new LinkError("bad-options", `${name} is ${value}: it must be ${expected}`)
}

function atLeastZero(ms: number): number {
  return ms > 0 ? ms : 0
}
