import { createPrepare } from "../language/index.ts"
import type { Language } from "./terminal/index.ts"

/** What the terminal must know about JavaScript. */
export function createTerminalLanguage(): Language {
  const prepare = createPrepare()
  return {
    isIncomplete(code) {
      const preparation = prepare(code)
      return preparation.kind === "refused" && preparation.result.incomplete === true
    },
  }
}
