import { realpathSync, statSync } from "node:fs"
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path"
import picomatch from "picomatch"
import { FrontEndError } from "../errors.ts"

/** The files that a person wants to be watched. All paths are absolute and real. */
export interface Selection {
  /** Where to look; none of them lies in another. */
  readonly folders: readonly string[]
  readonly includes: (file: string) => boolean
  /** Whether a folder may have such files in it, at any depth. */
  readonly mayHold: (folder: string) => boolean
}

interface Pattern {
  readonly isExclusion: boolean
  readonly folder: string
  readonly includes: (file: string) => boolean
  readonly mayHold: (folder: string) => boolean
}

/**
 * Reads globs, files and folders; what begins with `!` takes away from the
 * rest. What lies in `node_modules`, or has a name that begins with a dot, is
 * meant only by a glob that names it.
 *
 * @throws {@link FrontEndError} `bad-options` when a pattern looks in a folder that is not there, or all of them only take away
 */
export function select(patterns: readonly string[], cwd: string): Selection {
  const read = patterns.map((pattern) => readPattern(pattern, cwd))
  const wanted = read.filter(({ isExclusion }) => !isExclusion)
  const unwanted = read.filter(({ isExclusion }) => isExclusion)
  if (wanted.length === 0)
    throw new FrontEndError("bad-options", `nothing to watch: ${patterns.join(" ")} only takes away`)
  return {
    folders: outermost(wanted.map(({ folder }) => folder)),
    includes: (file) =>
      wanted.some(({ includes }) => includes(file)) && !unwanted.some(({ includes }) => includes(file)),
    mayHold: (folder) => wanted.some(({ mayHold }) => mayHold(folder)),
  }
}

function readPattern(pattern: string, cwd: string): Pattern {
  const { base, glob, negated: isExclusion } = picomatch.scan(pattern)
  const place = resolve(cwd, base)
  if (glob === "" && !isFolder(place)) {
    const folder = realFolder(dirname(place), pattern)
    const file = join(folder, basename(place))
    return {
      isExclusion,
      folder,
      includes: (path) => path === file,
      mayHold: (path) => path === folder,
    }
  }
  return { isExclusion, ...globIn(isExclusion ? place : realFolder(place, pattern), glob === "" ? "**" : glob) }
}

function globIn(folder: string, glob: string): Omit<Pattern, "isExclusion"> {
  const isMatch = picomatch(glob)
  const depth = /\*\*|[{(]/.test(glob) ? Number.POSITIVE_INFINITY : glob.split("/").length
  const isMeant = (way: string): boolean =>
    (glob.includes("node_modules") || !/(?:^|\/)node_modules(?:\/|$)/.test(way)) &&
    (/(?:^|[/{(,])\./.test(glob) || !/(?:^|\/)\./.test(way))
  return {
    folder,
    includes(file) {
      const way = wayInto(folder, file)
      return way !== undefined && isMeant(way) && isMatch(way)
    },
    mayHold(path) {
      const way = wayInto(folder, path)
      if (way === undefined) return path === folder || wayInto(path, folder) !== undefined
      return isMeant(way) && way.split("/").length < depth
    },
  }
}

function realFolder(folder: string, pattern: string): string {
  if (!isFolder(folder)) throw new FrontEndError("bad-options", `cannot watch ${pattern}: there is no folder ${folder}`)
  return realpathSync(folder)
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function outermost(folders: readonly string[]): readonly string[] {
  const all = [...new Set(folders)]
  return all.filter((folder) => !all.some((other) => wayInto(other, folder) !== undefined))
}

/** The way from a folder to what lies in it, with `/`; undefined for what does not. */
export function wayInto(folder: string, path: string): string | undefined {
  const way = relative(folder, path)
  if (way === "" || isAbsolute(way) || /^\.\.(?:[\\/]|$)/.test(way)) return undefined
  return way.replaceAll("\\", "/")
}
