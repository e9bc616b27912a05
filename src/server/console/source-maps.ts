import { isLoopbackName, originName } from "../addresses.ts"
import { changeStacks } from "./described-stacks.ts"
import { rewriteStack, urlsIn, type Place } from "./frames.ts"

/** Where a place of a generated file was written; undefined where the map does not know. */
export type Trace = (place: Omit<Place, "url">) => Place | undefined

export interface SourceMapsParts {
  /** The page's own, as the gate has verified it: nothing else is ever fetched. */
  readonly origin: string
  /** Whether a file is the client itself, whose frames are left out. */
  readonly isOurs: (url: string) => boolean
  /** The text at a URL of the page's origin; undefined for anything but a plain answer. */
  readonly load: (url: string) => Promise<LoadedText | undefined>
  /** Reads a map. May throw. */
  readonly openMap: (json: string, url: string) => Trace | undefined | Promise<Trace | undefined>
  /** How long a stack waits for its maps. What comes later serves the next one. @defaultValue 1000 */
  readonly patienceMs?: number
}

export interface LoadedText {
  readonly text: string
  /** The `SourceMap` header. */
  readonly sourceMap?: string | undefined
}

/** The source maps of a page's scripts, for one session: after a reload the same URL may be another script. */
export interface SourceMaps {
  /** Never rejects: where there is no map, a frame stays as it is. */
  mapStack(stack: string): Promise<string>
  /** The same for the errors in a result, given and returned as JSON. */
  mapResult(json: string, patienceMs?: number): Promise<string>
}

/** Scripts of which the maps are kept, at most: those that were asked for last. */
const maxMaps = 50
/** Files that are fetched at a time; for others a later stack asks again. */
const maxPending = 10

export function createSourceMaps(parts: SourceMapsParts): SourceMaps {
  const { origin, isOurs, load, openMap, patienceMs = 1000 } = parts
  const isLocal = isLoopbackName(originName(origin) ?? "")
  const pending = new Map<string, Promise<void>>()
  const traces = new Map<string, Trace | undefined>()

  function mayLoad(url: string): boolean {
    // An origin is followed by a slash, so that no longer host or port begins like it.
    return isLocal && url.startsWith(`${origin}/`)
  }

  /** A page itself is no script; its inline scripts have no maps. */
  function isScript(url: string): boolean {
    return mayLoad(url) && !/(\/|\.html?)(\?|$)/.test(url) && !isOurs(url)
  }

  async function fetchTrace(url: string): Promise<void> {
    const trace = await findTrace(url).catch(() => undefined)
    pending.delete(url)
    traces.set(url, trace)
    for (const [oldest] of traces) {
      if (traces.size <= maxMaps) break
      traces.delete(oldest)
    }
  }

  function begin(url: string): Promise<void> {
    const done = fetchTrace(url)
    pending.set(url, done)
    return done
  }

  async function findTrace(url: string): Promise<Trace | undefined> {
    const script = await load(url)
    const reference = script && (script.sourceMap ?? mapReferenceIn(script.text))
    if (!reference) return undefined
    const inline = inlineMap(reference)
    if (inline !== undefined) return openMap(inline, url)
    const mapUrl = new URL(reference, url).href
    const map = mayLoad(mapUrl) ? await load(mapUrl) : undefined
    return map && openMap(map.text, mapUrl)
  }

  /** Waits until the maps of these files are there, or are known not to be, or patience ends. */
  async function prepare(urls: readonly string[], waitMs = patienceMs): Promise<void> {
    const loading: Promise<void>[] = []
    for (const url of urls) {
      if (!isScript(url) || traces.has(url)) continue
      const done = pending.get(url) ?? (pending.size < maxPending ? begin(url) : undefined)
      if (done) loading.push(done)
    }
    if (loading.length === 0) return
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<void>((over) => {
      timer = setTimeout(over, waitMs)
    })
    await Promise.race([Promise.all(loading), patience])
    clearTimeout(timer)
  }

  function move(place: Place): Place | null {
    if (isOurs(place.url)) return null
    const trace = traces.get(place.url)
    if (trace === undefined) return place
    // Used last: the one that is dropped last.
    traces.delete(place.url)
    traces.set(place.url, trace)
    return trace(place) ?? place
  }

  return {
    async mapStack(stack) {
      await prepare(urlsIn(stack))
      return rewriteStack(stack, move)
    },

    async mapResult(json, waitMs) {
      try {
        const result: unknown = JSON.parse(json)
        const urls = new Set<string>()
        changeStacks(result, (stack) => {
          for (const url of urlsIn(stack)) urls.add(url)
          return stack
        })
        if (urls.size === 0) return json
        await prepare([...urls], waitMs)
        changeStacks(result, (stack) => rewriteStack(stack, move))
        return JSON.stringify(result)
      } catch {
        // It is no JSON, or nested without end: front ends will say so.
        return json
      }
    },
  }
}

const marker = "sourceMappingURL="

/** What the last comment of that kind in a script says. */
function mapReferenceIn(script: string): string | undefined {
  const start = script.lastIndexOf(marker)
  if (start < 0 || !/(\/\/|\/\*)[#@]\s*$/.test(script.slice(Math.max(0, start - 10), start))) return undefined
  return /^[^\s'"*]+/.exec(script.slice(start + marker.length))?.[0]
}

function inlineMap(reference: string): string | undefined {
  const [, isBase64, data] = /^data:application\/json[^,]*?(;base64)?,(.*)$/s.exec(reference) ?? []
  if (data === undefined) return undefined
  return isBase64 ? Buffer.from(data, "base64").toString() : decodeURIComponent(data)
}
