/** Values of the page that front ends may ask for more of. Only the newest are kept: each would otherwise live as long as the page. */
export interface Handles {
  /** Keeps a value until it is released, or until so many newer ones came. Returns its handle. */
  keep(value: object, frontEnd: string | undefined): string
  find(handle: string): object | undefined
  release(handles: readonly string[]): void
  /** All that were given to this front end. */
  releaseAll(frontEnd: string): void
}

export function createHandles(session: string, maxKept = 10_000): Handles {
  // No map: the page may have changed what those can do.
  const kept = { __proto__: null } as unknown as Record<
    string,
    { readonly value: object; readonly frontEnd: string | undefined }
  >
  let count = 0

  return {
    keep(value, frontEnd) {
      const handle = `${session}.${++count}`
      kept[handle] = { value, frontEnd }
      delete kept[`${session}.${count - maxKept}`]
      return handle
    },

    find: (handle) => kept[handle]?.value,

    release(handles) {
      for (let index = 0; index < handles.length; index++) delete kept[handles[index]!]
    },

    releaseAll(frontEnd) {
      for (const handle in kept) if (kept[handle]!.frontEnd === frontEnd) delete kept[handle]
    },
  }
}
