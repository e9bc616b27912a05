/** Earlier inputs, oldest first, each once. */
export type History = readonly string[]

/** The history with one more input, at its latest place. */
export function remembered(history: History, input: string): History {
  if (input.trim() === "" || history.at(-1) === input) return history
  return [...history.filter((entry) => entry !== input), input]
}

const maxRemembered = 2000

/** The history that is left of all inputs that ever came. */
export function historyOf(inputs: readonly string[]): History {
  return [...new Set(inputs.toReversed())].slice(0, maxRemembered).toReversed()
}
