import type { Range } from "./documents.ts"
import type { Extent } from "./piece.ts"

export const evalCommands: Readonly<Record<string, Extent>> = {
  "replBridge.evalSelection": "selection",
  "replBridge.evalLine": "line",
  "replBridge.evalForm": "form",
  "replBridge.evalFile": "file",
}
export const titles: Readonly<Record<Extent, string>> = {
  selection: "Eval selection",
  line: "Eval line",
  form: "Eval statement",
  file: "Eval file",
}

export function commandFor(extent: Extent, uri: string, range: Range, title = titles[extent]) {
  const command = Object.keys(evalCommands).find((name) => evalCommands[name] === extent)!
  return { title, command, arguments: [{ textDocument: { uri }, range }] }
}
