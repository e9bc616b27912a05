import { basename } from "node:path"
import { wayInto } from "./match.ts"
import type { Change } from "./saves.ts"

/** What becomes of a saved script. */
export type OnChange = "reload" | "eval"

/** What a page has to do about a file that was saved. */
export function changeFor(file: string, cwd: string, onChange: OnChange): Change {
  if (file.endsWith(".css")) return { kind: "parts", stylesheets: urlPaths(file, cwd), scripts: [] }
  if (onChange === "eval" && /\.[cm]?js$/.test(file)) return { kind: "parts", stylesheets: [], scripts: [file] }
  return { kind: "page" }
}

/**
 * The URL paths under which a page may have a file. Which folder is served as
 * the root of the site, only the user's own server knows; so every end of the
 * file's path counts, by whole segments: `/public/css/app.css`,
 * `/css/app.css`, `/app.css`. A stylesheet that is fetched anew without need
 * looks as before. What lies above `cwd` is nobody else's business.
 */
export function urlPaths(file: string, cwd: string): readonly string[] {
  const segments = (wayInto(cwd, file) ?? basename(file)).split("/")
  return segments.map((_, index) => asUrlPath(segments.slice(index).join("/")))
}

/** Written as a browser writes it. */
function asUrlPath(path: string): string {
  const url = new URL("http://localhost/")
  url.pathname = path.replaceAll("%", "%25")
  return url.pathname
}
