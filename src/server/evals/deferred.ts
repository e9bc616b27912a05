/** How often one looks whether there is room, and how much is fetched then, in characters. */
const lookMs = 50
const lookLength = 2 * 1024 * 1024

/**
 * Outcomes that came while their asker had not read what it was sent. Their
 * runtimes keep them; here is only which ones, and how long each is.
 */
export class Deferred {
  /** By eval. */
  readonly #lengths = new Map<string, number>()
  /** Fetches one; false where there is no room for it yet. */
  readonly #fetch: (id: string) => boolean
  #timer: NodeJS.Timeout | undefined

  constructor(fetch: (id: string) => boolean) {
    this.#fetch = fetch
  }

  add(id: string, length: number): void {
    this.#lengths.set(id, length)
    this.#timer ??= setInterval(() => this.#look(), lookMs)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#lengths.clear()
  }

  /** What is fetched comes later, so that no more is than there may be room for. */
  #look(): void {
    let room = lookLength
    for (const [id, length] of this.#lengths) {
      if (room < 0) return
      if (!this.#fetch(id)) continue
      this.#lengths.delete(id)
      room -= length
    }
    if (this.#lengths.size === 0) this.stop()
  }
}
