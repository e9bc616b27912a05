import { randomBytes } from "node:crypto"

/** Scripts that pages asked for over their sockets, until they load them: each once, and soon. */
export interface Chunks {
  /** Keeps one for a session in place of the one before. Gives the name it can be had by. */
  keep(session: string, origin: string, text: string): string
  /** Gives it away, to a page of that origin. */
  take(name: string, origin: string): string | undefined
  clear(): void
}

interface Chunk {
  readonly name: string
  readonly origin: string
  readonly text: string
  readonly expiry: NodeJS.Timeout
}

const lifeMs = 10_000

export function createChunks(): Chunks {
  const chunks = new Map<string, Chunk>()

  function forget(session: string): void {
    clearTimeout(chunks.get(session)?.expiry)
    chunks.delete(session)
  }

  return {
    keep(session, origin, text) {
      forget(session)
      const name = randomBytes(16).toString("base64url")
      chunks.set(session, { name, origin, text, expiry: setTimeout(() => forget(session), lifeMs) })
      return name
    },
    take(name, origin) {
      for (const [session, chunk] of chunks) {
        if (chunk.name !== name || chunk.origin !== origin) continue
        forget(session)
        return chunk.text
      }
      return undefined
    },
    clear() {
      for (const session of chunks.keys()) forget(session)
    },
  }
}
