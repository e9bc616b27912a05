export interface OutputOptions {
  readonly json?: true
  /** False with `--no-color`. */
  readonly color: boolean
  readonly quiet?: boolean
}

/** A result: goes to stdout. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** What is said beside results: goes to stderr, unless it should be quiet. */
export function tell(text: string, { quiet }: Pick<OutputOptions, "quiet">): void {
  if (!quiet) process.stderr.write(`${text}\n`)
}

/** One line of printable ASCII: a page's text in it acts on no terminal. */
export function toJsonLine(value: unknown): string {
  return JSON.stringify(value).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
}
