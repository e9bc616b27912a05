import type { Failure, Violation, Visit } from "./visit.ts"

/** What answers at an address. */
export type Answer = "bridge" | "other" | "nothing"

/** All that was found out, before anything is made of it. */
export interface Facts {
  readonly page: PageFacts
  readonly bridge: BridgeFacts
  /** What a browser saw; absent where none could be asked. */
  readonly visit?: Visit
  /** Why none could. */
  readonly noVisit?: string
}

export interface PageFacts {
  readonly url: string
  /** Why it does not load. */
  readonly problem?: string
  /** The addresses of script tags in its text that load a client. */
  readonly tags: readonly string[]
}

export interface BridgeFacts {
  readonly url: string
  readonly answer: Answer
  /** Absent where we have no token for it. */
  readonly version?: string
  /** What answers on each loopback address, where it is a loopback one. */
  readonly loopback: Readonly<Record<string, Answer>>
  /** What it says to a socket from the page. */
  readonly gate?: Reply
  /** What the page's tag gets. */
  readonly tag?: Reply
}

interface Reply {
  readonly url: string
  readonly status: number
  readonly reason: string
}

export type Cause =
  | "connected"
  | "page-not-loaded"
  | "no-bridge"
  | "not-a-bridge"
  | "port-split"
  | "no-tag"
  | "other-bridge"
  | "content-security-policy"
  | "mixed-content"
  | "local-network-access"
  | "refused"
  | "not-reached"
  | "stale-client"
  | "client"
  | "not-started"
  | "no-browser"
  | "unknown"

export interface Finding {
  readonly cause: Cause
  /** What is the case, in a sentence without its full stop. */
  readonly message: string
  /** What to do about it; absent where nothing is to be done. */
  readonly next?: string
}

/** What is the case with this page, the nearest cause first. */
export function diagnose(facts: Facts): readonly Finding[] {
  const { page, visit } = facts
  const problem = page.problem ?? visit?.problem
  if (problem !== undefined) {
    const finding: Finding = {
      cause: "page-not-loaded",
      message: `${page.url} does not load: ${problem}`,
      next: "start what serves the page, or correct its URL",
    }
    return [finding, ...aboutBridge(facts)]
  }
  const findings = [
    ...aboutConnection(facts),
    ...aboutBridge(facts),
    ...aboutTag(facts),
    ...(visit?.violations ?? []).filter(({ url }) => concerns(url, facts)).map((violation) => aboutPolicy(violation)),
    ...aboutGate(facts),
    ...aboutFailures(facts),
    ...aboutClient(facts),
  ]
  if (facts.noVisit !== undefined) {
    const next = "install Chrome or Chromium, or set CHROME_PATH, to see what a browser makes of the page"
    findings.push({ cause: "no-browser", message: facts.noVisit, next })
  }
  if (findings.length === 0) {
    const next = "look into the console of the page's DevTools, and wait longer with --wait"
    findings.push({
      cause: "unknown",
      message: "nothing is wrong that could be seen, but the page did not connect",
      next,
    })
  }
  const known = new Set<string>()
  return findings.filter(({ message }) => !known.has(message) && known.add(message))
}

function* aboutConnection({ page, visit }: Facts): Iterable<Finding> {
  if (visit?.welcome) yield { cause: "connected", message: `${page.url} connected, as ${visit.welcome.name}` }
}

function* aboutBridge({ bridge }: Facts): Iterable<Finding> {
  const { url, answer, loopback } = bridge
  const port = new URL(url).port
  if (answer === "nothing") {
    yield {
      cause: "no-bridge",
      message: `no bridge listens at ${url}`,
      next: `start it: repl-bridge serve --port ${port}`,
    }
  }
  if (answer === "other") {
    const next = `stop it, or pass another --port to repl-bridge serve and name that in the script tag`
    yield { cause: "not-a-bridge", message: `what answers at ${url} is no bridge`, next }
  }
  const answers = Object.entries(loopback)
  if (!answers.some(([, given]) => given === "bridge")) return
  for (const [address, given] of answers) {
    if (given === "bridge") continue
    const who = given === "other" ? "another program" : "nobody"
    const next =
      given === "other"
        ? "stop that program, or move the bridge to another port"
        : `write the address of the bridge in the tag: ${answers.find(([, one]) => one === "bridge")![0]}`
    yield { cause: "port-split", message: `localhost:${port} can lead to ${address}:${port}, which is ${who}'s`, next }
  }
}

function* aboutTag({ page, bridge, visit }: Facts): Iterable<Finding> {
  const loaded = [...page.tags, ...(visit?.clients ?? []), ...(visit?.failures ?? []).map(({ url }) => url)]
  const isSeen = loaded.length + (visit?.sockets.length ?? 0) + (visit?.violations.length ?? 0) > 0
  if (!isSeen) {
    const next = `add <script async src="${bridge.url}/client.js"></script> to it`
    yield { cause: "no-tag", message: "the page has no script tag of repl-bridge", next }
  }
  for (const tag of page.tags) {
    if (isSamePort(tag, bridge.url) || visit?.welcome) continue
    const next = `name ${bridge.url} in the tag, or look at the other one: repl-bridge doctor --url ${new URL(tag).origin}`
    yield {
      cause: "other-bridge",
      message: `the page's tag is not of the bridge at ${bridge.url}, but of ${tag}`,
      next,
    }
  }
}

function aboutPolicy({ directive, url }: Violation): Finding {
  const { origin } = new URL(url)
  const isScript = directive.startsWith("script-src")
  return {
    cause: "content-security-policy",
    message: `the page's Content-Security-Policy forbids ${url} by its ${directive}`,
    // Whoever has got the script past it meets it again with the socket.
    next: isScript
      ? `in development add ${origin} to script-src, and ${origin.replace("http", "ws")} to connect-src`
      : `in development add ${origin} to ${directive}`,
  }
}

function* aboutGate({ page, bridge: { gate, tag } }: Facts): Iterable<Finding> {
  for (const reply of [tag, gate]) {
    if (!reply || reply.status < 400) continue
    const [reason = "", next = "look at what the bridge prints"] = reply.reason.split(/: (?=pass )/)
    const message = `the bridge refuses ${reply === gate ? `pages of ${new URL(page.url).origin}` : reply.url}: ${reason}`
    yield { cause: "refused", message, next }
    // Who got no script will not open a socket.
    return
  }
}

function* aboutFailures({ page, visit, bridge }: Facts): Iterable<Finding> {
  for (const failure of visit?.failures ?? []) {
    const isKnown =
      (bridge.answer === "nothing" && isSamePort(bridge.url, failure.url)) ||
      visit!.violations.some(({ url }) => isSamePort(url, failure.url)) ||
      ((bridge.gate?.status ?? 0) >= 400 && /response code: \d/.test(failure.why)) ||
      ((bridge.tag?.status ?? 0) >= 400 && bridge.tag?.url === failure.url)
    if (!isKnown) yield explain(failure, page.url)
  }
}

function explain({ url, why }: Failure, page: string): Finding {
  const { origin } = new URL(page)
  if (/mixed.content/i.test(why)) {
    const next = "serve the page over http, or name the bridge as http://localhost, which browsers trust"
    return { cause: "mixed-content", message: `${origin} is secure, and may not load ${url}`, next }
  }
  if (/local.?network|private.?network|address.?space/i.test(why)) {
    const next = "allow it when the browser asks, or open the page from this machine"
    const message = `the browser protects this machine from ${origin}: Local Network Access to ${url} is not allowed`
    return { cause: "local-network-access", message, next }
  }
  const next = "start the bridge there, or correct the address in the script tag"
  return { cause: "not-reached", message: `the page cannot reach ${url}: ${why}`, next }
}

function* aboutClient({ bridge, visit }: Facts): Iterable<Finding> {
  if (!visit) return
  const { clientVersion, welcome, reject, warnings, clients, sockets, failures, violations } = visit
  const version = welcome?.version ?? bridge.version
  if (clientVersion !== undefined && version !== undefined && clientVersion !== version) {
    const from = clients[0] ?? "its own bundle"
    const next = "load client.js from the bridge, or bring the package that the page is built with to the same version"
    yield {
      cause: "stale-client",
      message: `the page's client is of version ${clientVersion} (from ${from}), the bridge of ${version}`,
      next,
    }
  }
  if (reject !== undefined) yield { cause: "refused", message: `the bridge refused the page: ${reject}` }
  for (const warning of warnings) {
    if (warning !== reject) yield { cause: "client", message: `the client in the page says: ${warning}` }
  }
  const isQuiet = sockets.length + failures.length + violations.length + warnings.length === 0
  if (clients.length > 0 && isQuiet && !welcome) {
    const next = "call replBridge.connect() in the page, or remove data-manual from the tag"
    yield { cause: "not-started", message: "the client is in the page, but nobody told it to connect", next }
  }
}

function concerns(url: string, { page, bridge }: Facts): boolean {
  return [bridge.url, ...page.tags].some((ours) => isSamePort(ours, url))
}

function isSamePort(one: string, other: string): boolean {
  return URL.canParse(one) && URL.canParse(other) && portOf(one) === portOf(other)
}

function portOf(url: string): string {
  const { port, protocol } = new URL(url)
  return port || (/^(?:https|wss):$/.test(protocol) ? "443" : "80")
}
