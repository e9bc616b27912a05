import type { Outcome, OutcomeKind, RemoteObject } from "../protocol/index.ts"

/** Results come from a page, through a bridge that does not read them: here they are foreign for the last time. */

const types: readonly unknown[] = [
  "undefined",
  "boolean",
  "number",
  "bigint",
  "string",
  "symbol",
  "function",
  "object",
] satisfies readonly RemoteObject["type"][]

/** The outcome that a message and its body make; `unreadable` where the body is not what the protocol says. */
export function readOutcome(outcome: OutcomeKind, body: string | undefined): Outcome {
  const result = parse(body)
  if (isResult[outcome](result)) return { outcome, result } as Outcome
  const reason = `an outcome "${outcome}" came with a result that is not in the protocol`
  return { outcome: "lost", result: { code: "unreadable", reason, ran: "unknown" } }
}

/** The arguments of a console line; those that cannot be read are left out. */
export function readArguments(body: string | undefined): readonly RemoteObject[] {
  const list = parse(body)
  return Array.isArray(list) ? list.filter(isRemoteObject) : []
}

/** How long a text is that the outcome says only the beginning of. */
export function lengthOfCut({ outcome, result }: Outcome): number | undefined {
  if (outcome !== "value" || result.type !== "string" || typeof result.value === "string") return undefined
  const { text, more } = (result.preview ?? {}) as { readonly text?: unknown; readonly more?: unknown }
  return typeof text === "string" && Number.isSafeInteger(more) ? text.length + (more as number) : undefined
}

/** A part of a text; empty where it is none. */
export function readPart(body: string): string {
  const part = parse(body)
  return typeof part === "string" ? part : ""
}

/** A value that was asked for; undefined where it is none. */
export function readValue(body: string | undefined): RemoteObject | undefined {
  const value = parse(body)
  return isRemoteObject(value) ? value : undefined
}

/** Names to complete by; what is none is left out. */
export function readNames(body: string | undefined): readonly string[] {
  const list = parse(body)
  return Array.isArray(list) ? list.filter((name) => typeof name === "string") : []
}

const isStopped = (value: unknown): boolean =>
  isObject(value) && isText(value["reason"]) && (value["ran"] === "no" || value["ran"] === "unknown")

const isResult: Readonly<Record<OutcomeKind, (value: unknown) => boolean>> = {
  value: isRemoteObject,
  thrown: (value) =>
    isObject(value) && isRemoteObject(value["exception"]) && areTexts(value, "name", "message", "stack"),
  refused: (value) => isObject(value) && isText(value["name"]) && isText(value["message"]),
  lost: (value) => isStopped(value) && isText((value as Record<string, unknown>)["code"]),
  timeout: isStopped,
  cancelled: isStopped,
}

function isRemoteObject(value: unknown): value is RemoteObject {
  return (
    isObject(value) &&
    types.includes(value["type"]) &&
    areTexts(value, "subtype", "className", "description", "unserializableValue", "objectId")
  )
}

function areTexts(value: Readonly<Record<string, unknown>>, ...names: readonly string[]): boolean {
  return names.every((name) => value[name] === undefined || isText(value[name]))
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null
}

function isText(value: unknown): boolean {
  return typeof value === "string"
}

function parse(body = ""): unknown {
  try {
    return isShallow(body) ? JSON.parse(body) : undefined
  } catch {
    return undefined
  }
}

/** Far more than any page of ours nests, and far less than overflows the stack of who writes it as JSON again. */
const maxNesting = 500

function isShallow(json: string): boolean {
  let nesting = 0
  for (let at = 0; at < json.length; at++) {
    switch (json[at]) {
      case '"':
        at = endOfString(json, at)
        break
      case "[":
      case "{":
        if (++nesting > maxNesting) return false
        break
      case "]":
      case "}":
        nesting--
        break
    }
  }
  return true
}

function endOfString(json: string, start: number): number {
  let at = start + 1
  while (at < json.length && json[at] !== '"') at += json[at] === "\\" ? 2 : 1
  return at
}
