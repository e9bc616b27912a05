/** Puts lines together to inputs, where lines come one by one. */
export interface Inputs {
  /** The input that the line completes, if it does. */
  add(line: string): string | undefined
  /** What has come of an input that goes on. */
  readonly partial: string | undefined
  /** From now on lines are one input, up to a line that is a single dot. */
  startBlock(): void
  /** Gives up the input that goes on. */
  drop(): void
}

export const blockEnd = "."

export function createInputs(continues: (input: string) => boolean): Inputs {
  let lines: string[] = []
  let isBlock = false

  const drop = (): void => {
    lines = []
    isBlock = false
  }
  return {
    get partial() {
      return lines.length === 0 && !isBlock ? undefined : lines.join("\n")
    },
    add(line) {
      const isEnd = isBlock && line === blockEnd
      if (!isEnd) lines.push(line)
      const input = lines.join("\n")
      if (isBlock ? !isEnd : continues(input)) return undefined
      drop()
      return input
    },
    startBlock() {
      isBlock = true
    },
    drop,
  }
}
