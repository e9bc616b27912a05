import { plain } from "../plain.ts"
import type { Runtime } from "../runtimes/registry.ts"

/**
 * Where an eval goes. Each front end has a seat for one runtime; it is taken
 * without a word only while there is nothing to choose, and kept over reloads
 * and drops [L32].
 */
export type Seat =
  | { readonly at: "empty" }
  | {
      readonly at: "taken"
      readonly runtime: string
      readonly name: string
      readonly origin: string
      /** By the one who sits there: it leads nowhere else while its runtime is there. */
      readonly isChosen: boolean
    }
  /** Its runtime is gone; only one of the same origin inherits it silently. */
  | { readonly at: "vacated"; readonly name: string; readonly origin: string }
  /** An earlier bridge knew this runtime; it may come back to this one. */
  | { readonly at: "expected"; readonly runtime: string; readonly isChosen: boolean }

/** Where seats go that nobody chose: nowhere, to the page that came last, or to the one that is visible. */
export const targetPolicies = ["sticky", "latest", "visible"] as const
export type TargetPolicy = (typeof targetPolicies)[number]

export const emptySeat: Seat = { at: "empty" }

export function seatFor({ id, name, origin }: Runtime, isChosen = false): Seat {
  return { at: "taken", runtime: id, name, origin, isChosen }
}

/** Compares seats by what they hold. */
export function isSameSeat(one: Seat, other: Seat): boolean {
  return one.at === other.at && targetOf(one) === targetOf(other)
}

/** The runtime that a seat holds, by id. */
export function targetOf(seat: Seat): string | undefined {
  return seat.at === "taken" || seat.at === "expected" ? seat.runtime : undefined
}

export interface SeatRules {
  readonly policy: TargetPolicy
  /** Every runtime that an earlier bridge knew has had its time to return. */
  readonly isSettled: boolean
}

/** The seat as it is after runtimes came, went or changed. */
export function reseat(seat: Seat, runtimes: ReadonlyMap<string, Runtime>, { policy, isSettled }: SeatRules): Seat {
  const kept = keep(seat, runtimes, isSettled)
  if (kept.at === "expected" || (kept.at === "taken" && kept.isChosen)) return kept
  const followed = follow(policy, targetOf(kept), runtimes)
  return followed === undefined || followed.id === targetOf(kept) ? kept : seatFor(followed)
}

function keep(seat: Seat, runtimes: ReadonlyMap<string, Runtime>, isSettled: boolean): Seat {
  switch (seat.at) {
    case "taken":
      return runtimes.has(seat.runtime) ? seat : { at: "vacated", name: seat.name, origin: seat.origin }
    case "expected": {
      const returned = runtimes.get(seat.runtime)
      if (returned !== undefined) return seatFor(returned, seat.isChosen)
      return isSettled ? keep(emptySeat, runtimes, isSettled) : seat
    }
    case "empty": {
      const only = onlyOne(runtimes)
      return only === undefined ? seat : seatFor(only)
    }
    case "vacated": {
      const only = onlyOne(runtimes)
      return only?.origin === seat.origin ? seatFor(only) : seat
    }
    default:
      return seat satisfies never
  }
}

function follow(
  policy: TargetPolicy,
  target: string | undefined,
  runtimes: ReadonlyMap<string, Runtime>,
): Runtime | undefined {
  const all = [...runtimes.values()]
  const pages = all.filter(({ kind }) => kind === "page")
  const candidates = pages.length > 0 ? pages : all
  switch (policy) {
    case "sticky":
      return undefined
    case "latest":
      return latest(candidates)
    case "visible": {
      const visible = candidates.filter((runtime) => runtime.visible)
      return visible.find(({ id }) => id === target) ?? latest(visible)
    }
    default:
      return policy satisfies never
  }
}

/** By number: a bridge that was restarted meets them again in any order. */
function latest(runtimes: readonly Runtime[]): Runtime | undefined {
  return runtimes.toSorted((one, other) => other.number - one.number)[0]
}

function onlyOne(runtimes: ReadonlyMap<string, Runtime>): Runtime | undefined {
  return runtimes.size === 1 ? runtimes.values().next().value : undefined
}

export type Choice =
  | { readonly at: "found"; readonly runtime: Runtime }
  /** None there yet; it may come. `loss` is what the eval is told if it does not. */
  | { readonly at: "absent"; readonly loss: string }
  /** To wait would not help: somebody must choose. */
  | { readonly at: "undecided"; readonly reason: string }

/** Where an eval goes that wishes for this runtime (an id, number or name), or for none in particular. */
export function choose(wish: string | undefined, seat: Seat, runtimes: ReadonlyMap<string, Runtime>): Choice {
  if (wish !== undefined) {
    const runtime = find(wish, runtimes)
    return runtime === undefined ? { at: "absent", loss: missing(wish, runtimes) } : { at: "found", runtime }
  }
  const target = targetOf(seat)
  if (target !== undefined) {
    const runtime = runtimes.get(target)
    return runtime === undefined ? { at: "absent", loss: "the runtime has not come back" } : { at: "found", runtime }
  }
  if (runtimes.size === 0) return { at: "absent", loss: "no runtime" }
  const what = seat.at === "vacated" ? `${seat.name} is gone` : "none chosen"
  const how = "choose one with --runtime or .use"
  return { at: "undecided", reason: `${count(runtimes)} and ${what}: ${list(runtimes)} — ${how}` }
}

/** By id, by number, by name, or by the part of a name after the dot where only one has it. */
export function find(wish: string, runtimes: ReadonlyMap<string, Runtime>): Runtime | undefined {
  const byId = runtimes.get(wish)
  if (byId !== undefined) return byId
  const all = [...runtimes.values()]
  const exact = all.find(({ number, name }) => String(number) === wish || name === wish)
  if (exact !== undefined) return exact
  const [only, ...others] = all.filter(({ name }) => name.endsWith(`·${wish}`))
  return others.length === 0 ? only : undefined
}

/** That it is not there, and what there is. */
export function missing(wish: string, runtimes: ReadonlyMap<string, Runtime>): string {
  return `no runtime ${plain(wish, 60)}: there is ${runtimes.size === 0 ? "none" : list(runtimes)}`
}

/** What there is, for a person who must choose. */
export function list(runtimes: ReadonlyMap<string, Runtime>): string {
  return [...runtimes.values()]
    .toSorted((one, other) => one.number - other.number)
    .map(({ number, name }) => `${number} ${name}`)
    .join(", ")
}

export function count(runtimes: ReadonlyMap<string, Runtime>): string {
  return runtimes.size === 1 ? "1 runtime" : `${runtimes.size} runtimes`
}
