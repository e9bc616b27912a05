export interface Events<Details> {
  /** Returns a function that removes the listener. */
  on<Event extends keyof Details>(event: Event, listener: (detail: Details[Event]) => void): () => void
  emit<Event extends keyof Details>(event: Event, detail: Details[Event]): void
}

/** A listener that throws disturbs nobody; its error surfaces as uncaught, after the turn. */
export function createEvents<Details>(): Events<Details> {
  const listeners = new Map<keyof Details, Set<(detail: never) => void>>()
  return {
    on(event, listener) {
      const own = (detail: never): void => listener(detail)
      listeners.set(event, (listeners.get(event) ?? new Set()).add(own))
      return () => listeners.get(event)?.delete(own)
    },
    emit(event, detail) {
      for (const listener of [...(listeners.get(event) ?? [])]) {
        try {
          listener(detail as never)
        } catch (error) {
          queueMicrotask(() => {
            throw error
          })
        }
      }
    },
  }
}
