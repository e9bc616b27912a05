import type { Settled } from "./ledger.ts"

const maxRecords = 1000
const maxLength = 4 * 1024 * 1024

/** Evals that ended, kept to answer whoever asks for one again; the oldest go first. */
export class Records {
  readonly #settled = new Map<string, Settled>()
  #length = 0

  get(id: string): Settled | undefined {
    return this.#settled.get(id)
  }

  /** Keeps it in place of what was known of that eval. */
  set(id: string, record: Settled): void {
    this.#length += record.body.length - (this.#settled.get(id)?.body.length ?? 0)
    this.#settled.set(id, record)
    for (const [oldest, { body }] of this.#settled) {
      if (oldest === id || (this.#settled.size <= maxRecords && this.#length <= maxLength)) return
      this.#settled.delete(oldest)
      this.#length -= body.length
    }
  }

  *[Symbol.iterator](): Iterator<readonly [id: string, record: Settled]> {
    yield* this.#settled
  }
}
