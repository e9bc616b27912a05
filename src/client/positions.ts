/**
 * By how much positions in a text differ from those before a change: triples of
 * a line, a column, and how far the rest of that line stands further right; with
 * column 0, how many lines further down all stands from there on.
 */
export type Shifts = readonly number[]

export interface Restorer {
  /** Names the next source, of which these changes are to be undone, the first one first. */
  remember(changes: readonly Shifts[]): string
  restore(stack: string, source?: string): string
}

/** Sources whose changes are known, at most. */
const capacity = 1000

export function createRestorer(): Restorer {
  const changesOf = { __proto__: null } as unknown as Record<string, readonly Shifts[]>
  let count = 0

  return {
    remember(changes) {
      const source = `repl-${++count}`
      changesOf[source] = changes
      delete changesOf[`repl-${count - capacity}`]
      return source
    },

    restore(stack, source) {
      // As Deno writes it.
      stack = stack.replace(/(repl-\d+), <anonymous>:/g, "$1:")
      const last = source ? stack.lastIndexOf(`${source}:`) : -1
      const end = last < 0 ? -1 : stack.indexOf("\n", last)
      return (end < 0 ? stack : stack.slice(0, end))
        .replace(/__repl\.f \((.*)\)/g, "$1")
        .replace(/(repl-\d+):(\d+):(\d+)/g, (_, name: string, line: string, column: string) => {
          return `${name === source ? "repl" : name}:${undo(changesOf[name] ?? [], +line, +column)}`
        })
    },
  }
}

function undo(changes: readonly Shifts[], line: number, column: number): string {
  for (let i = 0; i < changes.length; i++) {
    const shifts = changes[i]!
    let right = 0
    let down = 0
    for (let j = 0; j < shifts.length; j += 3) {
      const isLines = shifts[j + 1] === 0
      if (isLines && line >= shifts[j]!) down = shifts[j + 2]!
      if (!isLines && line === shifts[j] && column >= shifts[j + 1]!) right = shifts[j + 2]!
    }
    line -= down
    column -= right
  }
  return `${line}:${column}`
}
