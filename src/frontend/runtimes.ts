import type { Clock } from "../link/index.ts"
import type { RuntimeInfo } from "../protocol/index.ts"

/** How long a runtime that another bridge knew may take to return to its successor: the time that bridge grants it. */
const graceMs = 60_000

/** What is shown of a runtime, and since when its code has not answered. */
interface Known {
  readonly runtime: Omit<RuntimeInfo, "busyMs">
  readonly busySince: number | undefined
}

/** The runtimes as this front end knows them; `show` hears of every change once it is made. */
export class Runtimes {
  readonly #show: (runtime: RuntimeInfo) => void
  readonly #clock: Clock
  readonly #known = new Map<string, Known>()
  /** Known to an earlier bridge, and not seen by this one yet. */
  readonly #missing = new Set<string>()
  #bridge: string | undefined
  #disarm = (): void => {}

  constructor(clock: Clock, show: (runtime: RuntimeInfo) => void) {
    this.#clock = clock
    this.#show = show
  }

  get all(): readonly RuntimeInfo[] {
    return [...this.#known.values()]
      .map((known) => this.#asOfNow(known))
      .toSorted((one, other) => one.number - other.number)
  }

  get(id: string): RuntimeInfo | undefined {
    const known = this.#known.get(id)
    return known && this.#asOfNow(known)
  }

  /** Whether the bridge knows it too; one that an earlier bridge knew may still come. */
  isMissing(id: string): boolean {
    return this.#missing.has(id)
  }

  /** The list that a bridge gave with its welcome. */
  welcome(bridge: string, runtimes: readonly RuntimeInfo[]): void {
    const isSameBridge = this.#bridge === undefined || this.#bridge === bridge
    this.#bridge = bridge
    const present = new Set(runtimes.map(({ id }) => id))
    for (const runtime of runtimes) this.change(runtime)
    for (const { runtime } of [...this.#known.values()]) {
      if (present.has(runtime.id)) continue
      if (!isSameBridge) this.#missing.add(runtime.id)
      if (!this.#missing.has(runtime.id)) this.change({ ...runtime, state: "gone" })
      else if (runtime.state !== "away") this.#set({ ...runtime, state: "away" })
    }
    if (this.#missing.size === 0 || isSameBridge) return
    this.#disarm()
    this.#disarm = this.#clock.after(graceMs, () => this.#giveUp())
  }

  change(runtime: RuntimeInfo): void {
    this.#missing.delete(runtime.id)
    const before = this.#known.get(runtime.id)
    if (before === undefined ? runtime.state !== "gone" : !isSame(before, runtime)) this.#set(runtime)
  }

  #asOfNow({ runtime, busySince }: Known): RuntimeInfo {
    return busySince === undefined ? runtime : { ...runtime, busyMs: Math.round(this.#clock.now() - busySince) }
  }

  stop(): void {
    this.#disarm()
  }

  #set(info: RuntimeInfo): void {
    const { busyMs, ...runtime } = info
    const busySince = busyMs === undefined ? undefined : this.#clock.now() - busyMs
    if (info.state === "gone") this.#known.delete(info.id)
    else this.#known.set(info.id, { runtime, busySince })
    this.#show(info)
  }

  #giveUp(): void {
    for (const id of this.#missing) {
      const known = this.#known.get(id)
      if (known !== undefined) this.#set({ ...known.runtime, state: "gone" })
    }
    this.#missing.clear()
  }
}

/** Where both are busy, the seconds count by themselves. */
function isSame({ runtime, busySince }: Known, { busyMs, ...other }: RuntimeInfo): boolean {
  if ((busySince === undefined) !== (busyMs === undefined)) return false
  return (Object.keys(runtime) as (keyof typeof runtime)[]).every((field) => runtime[field] === other[field])
}

/** The runtime that a person means: by id, number or name, or by the part of a name after the dot where only one has it. */
export function findRuntime(wish: string, runtimes: readonly RuntimeInfo[]): RuntimeInfo | undefined {
  const exact = runtimes.find(({ id, number, name }) => id === wish || String(number) === wish || name === wish)
  if (exact !== undefined) return exact
  const [only, ...others] = runtimes.filter(({ name }) => name.endsWith(`·${wish}`))
  return others.length === 0 ? only : undefined
}

/** What there is to choose from, for a person. */
export function listRuntimes(runtimes: readonly RuntimeInfo[]): string {
  if (runtimes.length === 0) return "there is none"
  return `there is ${runtimes.map(({ number, name }) => `${number} ${name}`).join(", ")}`
}
