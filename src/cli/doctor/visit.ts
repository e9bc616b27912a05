import { readFrame } from "../../protocol/index.ts"
import type { Chrome } from "./chrome.ts"

/** What was seen of the bridge while a browser loaded the page. */
export interface Visit {
  /** Why the page itself did not load. */
  readonly problem?: string
  /** The bridge said welcome to the page. */
  readonly welcome?: { readonly version: string; readonly name: string }
  /** The version that the page's client says it is. */
  readonly clientVersion?: string
  /** The bridge's last word to the page. */
  readonly reject?: string
  /** The client was loaded, from there. */
  readonly clients: readonly string[]
  /** Sockets that were dialled. */
  readonly sockets: readonly string[]
  readonly failures: readonly Failure[]
  readonly violations: readonly Violation[]
  /** What the client itself warned of. */
  readonly warnings: readonly string[]
}

/** Something that did not load, or a socket that did not open. */
export interface Failure {
  readonly url: string
  /** As the browser puts it. */
  readonly why: string
}

/** The page's Content-Security-Policy forbade it. */
export interface Violation {
  readonly directive: string
  readonly url: string
}

/** Loads a page, and looks until it is connected or `waitMs` after it was loaded, or until the signal is aborted. */
export async function visit(chrome: Chrome, url: string, waitMs: number, signal: AbortSignal): Promise<Visit> {
  const { targetId } = await chrome.send("Target.createTarget", { url: "about:blank" })
  const { sessionId } = await chrome.send("Target.attachToTarget", { targetId, flatten: true })
  const seen = {
    clients: [] as string[],
    sockets: [] as string[],
    failures: [] as Failure[],
    violations: [] as Violation[],
    warnings: [] as string[],
  }
  let facts: Pick<Visit, "welcome" | "clientVersion" | "reject"> = {}
  const urls = new Map<string, string>()
  let finish: () => void
  const finished = new Promise<void>((resolve) => (finish = resolve))
  signal.addEventListener("abort", () => finish(), { once: true })
  if (signal.aborted) finish!()
  let timer: NodeJS.Timeout | undefined

  function hearFrame(text: string): void {
    for (const { header } of readable(text)) {
      const { op, version, name, reason } = header
      if (op === "hello") facts = { ...facts, clientVersion: String(version) }
      if (op === "reject") facts = { ...facts, reject: String(reason) }
      if (op !== "welcome") continue
      facts = { ...facts, welcome: { version: String(version), name: String(name) } }
      finish()
    }
  }

  const listeners: Readonly<Record<string, (params: any) => void>> = {
    "Network.requestWillBeSent": ({ requestId, request }) => urls.set(requestId, request.url),
    "Network.responseReceived": ({ response }) => {
      if (isClient(response.url) && /script/.test(response.mimeType)) seen.clients.push(response.url)
      else if (isClient(response.url) && response.status >= 400)
        seen.failures.push({ url: response.url, why: `status ${response.status}` })
    },
    "Network.loadingFailed": ({ requestId, errorText, blockedReason, corsErrorStatus }) => {
      const failed = urls.get(requestId) ?? ""
      if (!isClient(failed)) return
      seen.failures.push({ url: failed, why: [corsErrorStatus?.corsError, blockedReason, errorText].find(Boolean) })
    },
    "Network.webSocketCreated": (socket) => {
      urls.set(socket.requestId, socket.url)
      if (isDoor(socket.url)) seen.sockets.push(socket.url)
    },
    "Network.webSocketFrameError": ({ requestId, errorMessage }) => {
      const failed = urls.get(requestId) ?? ""
      if (isDoor(failed)) seen.failures.push({ url: failed, why: errorMessage })
    },
    "Network.webSocketFrameSent": ({ requestId, response }) => {
      if (isDoor(urls.get(requestId) ?? "")) hearFrame(response.payloadData)
    },
    "Network.webSocketFrameReceived": ({ requestId, response }) => {
      if (isDoor(urls.get(requestId) ?? "")) hearFrame(response.payloadData)
    },
    "Audits.issueAdded": ({ issue }) => {
      const { contentSecurityPolicyIssueDetails: policy, mixedContentIssueDetails: mixed } = issue.details
      if (policy && !policy.isReportOnly && policy.blockedURL) {
        seen.violations.push({ directive: policy.violatedDirective, url: policy.blockedURL })
      }
      if (mixed?.resolutionStatus === "MixedContentBlocked") {
        seen.failures.push({ url: mixed.insecureURL, why: "mixed content" })
      }
    },
    "Runtime.consoleAPICalled": ({ args }) => {
      const [first] = args as readonly { readonly value?: unknown }[]
      if (typeof first?.value === "string" && first.value.startsWith("repl-bridge: ")) {
        seen.warnings.push(first.value.slice("repl-bridge: ".length))
      }
    },
    "Page.loadEventFired": () => (timer ??= setTimeout(finish, waitMs)),
  }
  chrome.listen((method, params) => listeners[method]?.(params))
  const send = (method: string, params?: object): Promise<any> => chrome.send(method, params, sessionId)
  await Promise.all(["Page", "Network", "Runtime", "Audits"].map((domain) => send(`${domain}.enable`)))
  // The load event waits for whatever does not answer.
  const longest = setTimeout(() => finish(), waitMs + loadMs)
  try {
    const { errorText } = await send("Page.navigate", { url })
    if (errorText === undefined) await finished
    return { ...seen, ...facts, ...(errorText !== undefined && { problem: errorText }) }
  } finally {
    clearTimeout(timer)
    clearTimeout(longest)
  }
}

const loadMs = 15_000

const isClient = (url: string): boolean => /^https?:\/\/[^?#]*\/client\.js(?:[?#]|$)/.test(url)
const isDoor = (url: string): boolean => /^wss?:\/\/[^?#]*\/runtime(?:[?#]|$)/.test(url)

function readable(text: string): ReturnType<typeof readFrame> {
  try {
    return readFrame(text)
  } catch {
    return []
  }
}
