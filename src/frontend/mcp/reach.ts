import { isFinalState } from "../channel.ts"
import type { FrontEnd } from "../frontend.ts"

/** A front end that is there when it is first needed, and again after a bridge that was not. */
export interface Reach {
  /** @throws what connecting throws; the next call tries again */
  frontEnd(name: string): Promise<FrontEnd>
  close(): Promise<void>
}

export function createReach(connect: (name: string) => Promise<FrontEnd>): Reach {
  let connected: Promise<FrontEnd> | undefined

  /** Unless somebody who waited for it, too, has connected anew. */
  function forget(one: Promise<FrontEnd>): void {
    if (connected === one) connected = undefined
  }

  return {
    async frontEnd(name) {
      const current = (connected ??= connect(name))
      try {
        const frontEnd = await current
        if (!isFinalState(frontEnd.state)) return frontEnd
      } catch (error) {
        forget(current)
        throw error
      }
      forget(current)
      return this.frontEnd(name)
    },

    async close() {
      const frontEnd = await connected?.catch(() => undefined)
      await frontEnd?.close()
    },
  }
}
