/** What a bridge leaves for the front ends of its user, in `<port>.json` of the state folder. */
export interface DiscoveryRecord {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** The folder the bridge was started in. */
  readonly project: string
  readonly token: string
  readonly protocol: number
  readonly version: string
  /** ISO 8601. */
  readonly startedAt: string
}

/** The record in a file's text; undefined for anything else. */
export function parseRecord(text: string): DiscoveryRecord | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  return isRecord(value) ? value : undefined
}

const texts = ["url", "project", "token", "version", "startedAt"] as const
const counts = ["port", "pid", "protocol"] as const

function isRecord(value: unknown): value is DiscoveryRecord {
  if (typeof value !== "object" || value === null) return false
  const fields = value as Record<string, unknown>
  return (
    texts.every((name) => typeof fields[name] === "string") &&
    counts.every((name) => Number.isSafeInteger(fields[name]) && (fields[name] as number) > 0)
  )
}
