/** Where something stands in a file, line and column counted from 1. */
export interface Place {
  readonly url: string
  readonly line: number
  readonly column: number
}

/** Longer lines and later frames of a stack are left as they are: it is foreign text, and may be made to take time. */
const maxLineLength = 1000
const maxFrames = 100

/** All engines end a frame in the place: `at f (http://…:1:2)`, `f@http://…:1:2`. */
const placeIn = /(https?:\/\/\S+):(\d{1,9}):(\d{1,9})/

/** The files that the frames of a stack stand in. */
export function urlsIn(stack: string): readonly string[] {
  return [...new Set(frames(stack).flatMap((frame) => readPlace(frame)?.place.url ?? []))]
}

/** Writes a stack anew: frames that `place` moves stand there, those for which it has `null` are left out. */
export function rewriteStack(stack: string, move: (place: Place) => Place | null): string {
  return stack
    .split("\n")
    .flatMap((frame, nth) => {
      const found = nth < maxFrames ? readPlace(frame) : undefined
      if (found === undefined) return frame
      const moved = move(found.place)
      if (moved === null) return []
      return `${found.before}${moved.url}:${moved.line}:${moved.column}${found.after}`
    })
    .join("\n")
}

function readPlace(
  frame: string,
): { readonly before: string; readonly place: Place; readonly after: string } | undefined {
  const found = frame.length > maxLineLength ? null : placeIn.exec(frame)
  if (found === null) return undefined
  const [whole, url = "", line, column] = found
  return {
    before: frame.slice(0, found.index),
    place: { url, line: Number(line), column: Number(column) },
    after: frame.slice(found.index + whole.length),
  }
}

function frames(stack: string): readonly string[] {
  return stack.split("\n").slice(0, maxFrames)
}
