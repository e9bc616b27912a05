import type { Style } from "../frontend/index.ts"
import { packageVersion } from "../protocol/index.ts"

/** The first screen: the one thing to do next. */
export function banner(port: number, { strong, hint, string }: Style): string {
  const url = `http://localhost:${port}`
  return [
    `${strong("repl-bridge")} ${packageVersion} ${hint(url)}`,
    "",
    "Paste this into a page and reload it:",
    `  ${string(`<script async src="${url}/client.js"></script>`)}`,
    "or open the demo page:",
    `  ${string(`${url}/demo`)}`,
    "",
  ].join("\n")
}
