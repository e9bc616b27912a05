import { closeCode, FrameError, protocolVersion, readFrame } from "../protocol/index.ts"
import { quoted } from "./plain.ts"

export type Role = "runtime" | "front end"

export interface HelloProblem {
  readonly code: number
  readonly reason: string
}

/** Two versions never talk; the older one is to be upgraded [L8]. */
export function versionProblem(protocol: unknown, role: Role): HelloProblem | undefined {
  if (protocol === protocolVersion) return undefined
  const older = typeof protocol === "number" && protocol > protocolVersion ? "the bridge" : `the ${role}`
  // A list or an object may have no text, or one without end: to ask for it would throw.
  const theirs = typeof protocol === "object" ? "none" : quoted(String(protocol))
  return {
    code: closeCode.wrongVersion,
    reason: `the bridge speaks protocol ${protocolVersion} and the ${role} ${theirs}: upgrade ${older}`,
  }
}

/**
 * What is wrong with a hello that could not be decoded; undefined where the
 * frame is no hello. A browser sees a refused upgrade only as 1006, so this is
 * said on the accepted socket.
 */
export function helloProblem(frame: string, why: FrameError, role: Role): HelloProblem | undefined {
  let headers: readonly Readonly<Record<string, unknown>>[]
  try {
    headers = readFrame(frame).map(({ header }) => header)
  } catch (error) {
    if (error instanceof FrameError) return undefined
    throw error
  }
  const hello = headers.find(({ op }) => op === "hello")
  if (hello === undefined) return undefined
  return versionProblem(hello["protocol"], role) ?? { code: closeCode.badHello, reason: why.message }
}
