import type { FrontEnd } from "../frontend.ts"
import { neutralise } from "../neutralise.ts"
import type { Style } from "./style.ts"

/** Takes what evals copy from now on: to the terminal's clipboard. Returns a function that ends it. */
export function copyToClipboard(frontEnd: FrontEnd, style: Style, print: (text: string) => void): () => void {
  return frontEnd.on("copy", ({ text }) => {
    const base64 = Buffer.from(text).toString("base64")
    print(`\x1b]52;c;${base64}\x07${style.hint(`copied ${text.length} characters`)}`)
  })
}

/** The same where there is no clipboard. */
export function printCopies(frontEnd: FrontEnd, print: (text: string) => void): () => void {
  return frontEnd.on("copy", ({ text }) => print(`no clipboard here, to copy: ${neutralise(text)}`))
}
