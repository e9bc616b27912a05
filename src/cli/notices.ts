/** What is said beside results and beside what was asked for. */
export interface Notices {
  say(text: string): void
  /** From now on the listener gets them, until the returned function is called. */
  follow(listener: (text: string) => void): () => void
}

/** @param otherwise - gets those that nobody follows */
export function createNotices(otherwise: (text: string) => void): Notices {
  let hear = otherwise
  return {
    say: (text) => hear(text),
    follow(listener) {
      hear = listener
      return () => (hear = otherwise)
    },
  }
}
