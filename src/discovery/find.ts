import { isAbsolute, relative, sep } from "node:path"
import { listDiscovered, readDiscovery, type Surroundings } from "./files.ts"
import type { DiscoveryRecord } from "./record.ts"

export interface FindOptions extends Surroundings {
  /** As the user gave it. */
  readonly url?: string
  readonly port?: number
  /** Where the search for a project's bridge starts. @defaultValue the current folder */
  readonly cwd?: string
}

/** A bridge as a front end dials it. */
export interface FoundBridge {
  /** Without a path. */
  readonly url: string
  /** From the discovery file; undefined where there is none, so that the bridge will refuse. */
  readonly token: string | undefined
  readonly foundBy: "url" | "port" | "environment" | "project" | "default"
}

const defaultPort = 9001
const environmentUrl = "REPL_BRIDGE_URL"
const environmentToken = "REPL_BRIDGE_TOKEN"

/**
 * Where the bridge is: what was asked for, else `REPL_BRIDGE_URL`, else the
 * living bridge whose project is the nearest folder above, else port 9001.
 * Whether it answers is not looked at.
 *
 * @throws {@link TypeError} when a URL is none that a bridge can have
 */
export function findBridge(options: FindOptions = {}): FoundBridge {
  const { url, port, cwd = process.cwd(), env = process.env } = options
  if (url !== undefined) return atUrl(url, "url", { ...options, env })
  if (port !== undefined) return atPort(port, "port", options)
  const fromEnvironment = env[environmentUrl]
  if (fromEnvironment) return atUrl(fromEnvironment, "environment", { ...options, env })
  const record = nearest(cwd, listDiscovered(options))
  if (record !== undefined) return { url: record.url, token: record.token, foundBy: "project" }
  return atPort(defaultPort, "default", options)
}

function atPort(port: number, foundBy: FoundBridge["foundBy"], surroundings: Surroundings): FoundBridge {
  const record = readDiscovery(port, surroundings)
  return { url: record?.url ?? `http://127.0.0.1:${port}`, token: record?.token, foundBy }
}

/** A token goes to this machine only: nobody else is meant to have it. */
function atUrl(text: string, foundBy: FoundBridge["foundBy"], surroundings: Surroundings): FoundBridge {
  const url = parseUrl(text, foundBy)
  const isLoopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname)
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80))
  if (isLoopback) return { url: url.origin, token: readDiscovery(port, surroundings)?.token, foundBy }
  // Of a bridge elsewhere the user has the token; over a network it travels by TLS only.
  const token = url.protocol === "https:" ? surroundings.env?.[environmentToken] : undefined
  return { url: url.origin, token, foundBy }
}

function parseUrl(text: string, foundBy: FoundBridge["foundBy"]): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url
  const what = foundBy === "environment" ? environmentUrl : "the URL of a bridge"
  throw new TypeError(`${what} must be like http://127.0.0.1:${defaultPort}, not ${JSON.stringify(text)}`)
}

/** The record whose project is `folder` or the nearest folder above it; the latest where several are. */
function nearest(folder: string, records: readonly DiscoveryRecord[]): DiscoveryRecord | undefined {
  return records
    .filter(({ project }) => isInside(folder, project))
    .toSorted(
      (one, other) => other.project.length - one.project.length || other.startedAt.localeCompare(one.startedAt),
    )[0]
}

function isInside(folder: string, project: string): boolean {
  const way = relative(project, folder)
  return isAbsolute(project) && !isAbsolute(way) && way.split(sep)[0] !== ".."
}
