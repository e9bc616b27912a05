import { Chalk, supportsColor, supportsColorStderr } from "chalk"
import { plainStyle, type Style } from "../frontend/index.ts"

/** The colours for what is written to a stream; none for `--no-color`, `NO_COLOR`, and what is no terminal. */
export function styleFor(stream: NodeJS.WriteStream, { color }: { readonly color: boolean }): Style {
  const support = stream === process.stderr ? supportsColorStderr : supportsColor
  if (!color || process.env["NO_COLOR"] || support === false) return plainStyle
  const chalk = new Chalk({ level: support.level })
  return {
    string: chalk.green,
    number: chalk.yellow,
    keyword: chalk.cyan,
    regexp: chalk.red,
    date: chalk.magenta,
    symbol: chalk.green,
    comment: chalk.gray,
    undefined: chalk.gray,
    null: chalk.bold,
    special: chalk.cyan,
    key: (text) => text,
    error: chalk.red,
    warning: chalk.yellow,
    prompt: chalk.blue,
    hint: chalk.gray,
    strong: chalk.bold,
    chosen: chalk.inverse,
  }
}
