import { readFile, realpath, stat } from "node:fs/promises"
import { extname, isAbsolute, join, relative, sep } from "node:path"
import { headAt } from "./insert.ts"

/** What is at a path of a site. */
export type Found =
  | { readonly at: "file"; readonly type: string; readonly body: Buffer }
  /** A folder, asked for without the slash at its end. */
  | { readonly at: "folder" }
  | { readonly at: "nothing" }

const nothing: Found = { at: "nothing" }

const types: Readonly<Record<string, string>> = {
  ".avif": "image/avif",
  ".css": "text/css; charset=utf-8",
  ".gif": "image/gif",
  ".html": "text/html; charset=utf-8",
  ".htm": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".md": "text/plain; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".mp3": "audio/mpeg",
  ".mp4": "video/mp4",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".webm": "video/webm",
  ".webp": "image/webp",
  ".woff": "font/woff",
  ".woff2": "font/woff2",
  ".xml": "application/xml",
}

/** Looks up a URL path; what begins with a dot, what a link leads to outside of the folder, and what is no plain file is not there. */
export async function find(folder: string, urlPath: string): Promise<Found> {
  const path = decode(urlPath)
  if (path === undefined || /[\\\0]|\/\./.test(path)) return nothing
  try {
    const file = await realpath(join(folder, path.endsWith("/") ? `${path}index.html` : path))
    const way = relative(await realpath(folder), file)
    // What is outside begins with a dot, too.
    if (isAbsolute(way) || way.split(sep).some((part) => part === "" || part.startsWith("."))) return nothing
    const found = await stat(file)
    if (found.isDirectory()) return { at: "folder" }
    // A pipe would be read until somebody writes.
    if (!found.isFile()) return nothing
    return {
      at: "file",
      type: types[extname(file).toLowerCase()] ?? "application/octet-stream",
      body: await readFile(file),
    }
  } catch {
    return nothing
  }
}

function decode(urlPath: string): string | undefined {
  try {
    return decodeURIComponent(urlPath)
  } catch {
    return undefined
  }
}

/** The page with the script tag where its own scripts find the bridge's names already; its other bytes stay as they are. */
export function withScript(page: Buffer, tag: string): Buffer {
  const text = page.toString("latin1")
  const at = headAt(text)
  return Buffer.from(`${text.slice(0, at)}${tag}${text.slice(at)}`, "latin1")
}
