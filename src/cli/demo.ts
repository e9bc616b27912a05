import { readFileSync } from "node:fs"
import type { DemoFile } from "../server/index.ts"

/** The demo page, by the paths it is served under. */
export function readDemo(): Readonly<Record<string, DemoFile>> {
  return {
    "/demo": read("index.html", "text/html"),
    "/demo/demo.css": read("demo.css", "text/css"),
    "/demo/demo.js": read("demo.js", "text/javascript"),
  }
}

/** Beside the command line, in the sources as in the package. */
function read(name: string, type: string): DemoFile {
  return { type: `${type}; charset=utf-8`, body: readFileSync(new URL(`../demo/${name}`, import.meta.url)) }
}
