/** Wraps text in a colour. What it returns shows as many columns as what it got. */
export type Paint = (text: string) => string

/**
 * The colours of the terminal, by what they mean. The caller maps them to real ones; values and the code being typed
 * share them, so that a string looks like a string in both places.
 */
export interface Style {
  readonly string: Paint
  /** Numbers, bigints, booleans. */
  readonly number: Paint
  readonly keyword: Paint
  readonly regexp: Paint
  readonly date: Paint
  readonly symbol: Paint
  readonly comment: Paint
  /** `undefined`. */
  readonly undefined: Paint
  /** `null`. */
  readonly null: Paint
  /** What is named, not shown: `[Function: f]`, `[Getter]`, `[Circular]`. */
  readonly special: Paint
  /** A property's key. */
  readonly key: Paint
  readonly error: Paint
  readonly warning: Paint
  readonly prompt: Paint
  /** What may be overlooked: gutters, times, hints. */
  readonly hint: Paint
  readonly strong: Paint
  /** The chosen one of several. */
  readonly chosen: Paint
}

const bare: Paint = (text) => text

/** No colours: `NO_COLOR`, dumb terminals, output that is no terminal. */
export const plainStyle: Style = {
  string: bare,
  number: bare,
  keyword: bare,
  regexp: bare,
  date: bare,
  symbol: bare,
  comment: bare,
  undefined: bare,
  null: bare,
  special: bare,
  key: bare,
  error: bare,
  warning: bare,
  prompt: bare,
  hint: bare,
  strong: bare,
  chosen: bare,
}
