import type { IncomingMessage } from "node:http"
import { isLoopbackAddress } from "./addresses.ts"
import { decide, type Knock, type Load, type Policy, type Refusal, type Verdict } from "./gate.ts"
import { headersOf } from "./headers.ts"

/** Stands at the gate: reads the facts off a request, counts what must be counted, and says why somebody was refused. */
export interface Doorman {
  judge(request: IncomingMessage, by: Knock["by"]): Verdict
}

export interface DoormanParts {
  readonly policy: Policy
  readonly load: () => Omit<Load, "wrongTokens">
  /** Milliseconds that never run backwards. */
  readonly now: () => number
  /** At most one line a second. */
  readonly log: (line: string) => void
  readonly refused: (refusal: Refusal) => void
}

const logEveryMs = 1000
const countWrongTokensMs = 60_000

export function createDoorman({ policy, load, now, log, refused }: DoormanParts): Doorman {
  let wrongTokens = { count: 0, since: -Infinity }
  let lines = { unsaid: 0, last: -Infinity }

  return {
    judge(request, by) {
      const at = now()
      if (at - wrongTokens.since > countWrongTokensMs) wrongTokens = { count: 0, since: at }
      const verdict = decide(knockOf(request, by), policy, { ...load(), wrongTokens: wrongTokens.count })
      if (verdict.admit) return verdict
      if (verdict.wrongToken) wrongTokens.count++
      // Browsers look for icons by themselves: that something is not there concerns nobody.
      if (verdict.status === 404) return verdict
      say(verdict, at)
      refused(verdict)
      return verdict
    },
  }

  function say({ status, reason }: Refusal, at: number): void {
    if (at - lines.last < logEveryMs) {
      lines.unsaid++
      return
    }
    const others = lines.unsaid > 0 ? ` (and ${lines.unsaid} others before)` : ""
    log(`refused (${status}): ${reason}${others}`)
    lines = { unsaid: 0, last: at }
  }
}

const forwarding = /^(?:forwarded|via|x-forwarded(?:-.*)?|x-real-ip|x-client-ip|cf-connecting-ip|true-client-ip)$/

function knockOf(request: IncomingMessage, by: Knock["by"]): Knock {
  const headers = headersOf(request)
  const of = (name: string): readonly string[] => headers.get(name) ?? []
  const names = [...headers.keys()]
  return {
    by,
    method: request.method ?? "",
    target: request.url ?? "",
    hosts: of("host"),
    origins: of("origin"),
    authorizations: of("authorization"),
    subprotocols: of("sec-websocket-protocol")
      .flatMap((line) => line.split(","))
      .map((name) => name.trim()),
    forwarded: names.some((name) => forwarding.test(name)),
    exposed: !isLoopbackAddress(request.socket.localAddress),
    fetched: names.some((name) => name.startsWith("sec-fetch-")),
  }
}
