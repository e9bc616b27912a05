/**
 * Frames: text on the wire. A message is one line of JSON with `op`, optionally
 * followed by a newline and a body of any text. A frame holds one message, or a
 * `batch`: a message whose body is several messages end to end, with their
 * lengths in `sizes` (UTF-16 code units, the length of a JavaScript string).
 */

/** As they were at load: in a page, whatever it makes of them later. */
const { parse, stringify } = JSON
const { keys, setPrototypeOf } = Object
const { isArray } = Array

/** A list as any other. */
const list: readonly unknown[] = []

/** A message as it came: the header is an object with a string `op`, nothing else is checked yet. */
export interface RawMessage {
  readonly header: Readonly<Record<string, unknown>> & { readonly op: string }
  readonly body: string | undefined
}

export type FrameErrorCode = "not-json" | "not-an-object" | "no-op" | "bad-batch" | "bad-field"

/** Something was said that is not in the protocol. Its message names the thing; it is answered, never thrown across the wire. */
export class FrameError extends Error {
  readonly code: FrameErrorCode

  constructor(code: FrameErrorCode, message: string) {
    super(message)
    this.name = "FrameError"
    this.code = code
  }
}

/** Data as JSON, also where a page gave all objects or all lists a `toJSON`. */
export function writeData(data: unknown): string {
  return stringify("toJSON" in list ? inheritingNothing(data) : data)
}

function inheritingNothing(data: unknown): unknown {
  if (typeof data !== "object" || data === null) return data
  const copy = setPrototypeOf(isArray(data) ? [] : {}, null) as Record<string, unknown>
  for (const key of keys(data)) copy[key] = inheritingNothing((data as Record<string, unknown>)[key])
  return copy
}

/** A message as text, ready to be a frame or a part of a batch. */
export function writeMessage(header: { readonly op: string }, body?: string): string {
  const line = writeData(header)
  return body === undefined ? line : `${line}\n${body}`
}

/** A batch is sent once it is this long, in UTF-16 code units, so that no frame of many comes near a peer's limit. */
export const maxBatchLength = 256 * 1024

/** One frame for several messages; a single one goes as it is. */
export function writeFrame(messages: readonly string[]): string {
  if (messages.length === 1) return messages[0]!
  const sizes = messages.map((message) => message.length)
  return `${writeData({ op: "batch", sizes })}\n${messages.join("")}`
}

/**
 * The messages of a frame, each header parsed once and each body untouched.
 *
 * @throws {@link FrameError} when any part of the frame is malformed
 */
export function readFrame(frame: string): readonly RawMessage[] {
  const message = readMessage(frame)
  return message.header.op === "batch" ? readBatch(message) : [message]
}

function readMessage(text: string): RawMessage {
  const end = text.indexOf("\n")
  const line = end < 0 ? text : text.slice(0, end)
  let header: unknown
  try {
    header = parse(line)
  } catch {
    throw new FrameError("not-json", "the first line of a message must be JSON")
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    throw new FrameError("not-an-object", "the first line of a message must be a JSON object")
  }
  if (typeof (header as { op?: unknown }).op !== "string") {
    throw new FrameError("no-op", 'a message must have a string "op"')
  }
  // A field that is absent is not what a page gave every object.
  setPrototypeOf(header, null)
  return { header: header as RawMessage["header"], body: end < 0 ? undefined : text.slice(end + 1) }
}

function readBatch({ header, body = "" }: RawMessage): readonly RawMessage[] {
  const sizes: unknown = header["sizes"]
  if (!Array.isArray(sizes)) throw new FrameError("bad-batch", 'a batch must list its "sizes"')
  const messages: RawMessage[] = []
  let start = 0
  for (const size of sizes) {
    if (!Number.isSafeInteger(size) || size < 1 || start + size > body.length) {
      throw new FrameError("bad-batch", "the sizes of a batch must cover its body")
    }
    const message = readMessage(body.slice(start, start + size))
    if (message.header.op === "batch") throw new FrameError("bad-batch", "a batch holds no batch")
    messages.push(message)
    start += size
  }
  if (start !== body.length) throw new FrameError("bad-batch", "the sizes of a batch must cover its body")
  return messages
}
