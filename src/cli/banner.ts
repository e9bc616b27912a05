import type { Style } from "../frontend/index.ts"
import { packageVersion } from "../protocol/index.ts"

/** The tag that makes a page a runtime. */
export function scriptTag(port: number, nonce?: string): string {
  return `<script async${nonce === undefined ? "" : ` nonce="${nonce}"`} src="http://localhost:${port}/client.js"></script>`
}

/** The first screen: the one thing to do next. */
export function banner(port: number, site: string | undefined, { strong, hint, string }: Style): string {
  const url = `http://localhost:${port}`
  return [
    `${strong("repl-bridge")} ${packageVersion} ${hint(url)}`,
    "",
    ...(site === undefined ? [] : ["Open your pages, which have the script in them:", `  ${string(site)}`]),
    `${site === undefined ? "Paste" : "or paste"} this into a page and reload it:`,
    `  ${string(scriptTag(port))}`,
    "or open the demo page:",
    `  ${string(`${url}/demo`)}`,
    "",
  ].join("\n")
}
