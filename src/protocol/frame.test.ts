import fc from "fast-check"
import { expect, onTestFinished, test } from "vitest"
import { FrameError, readFrame, writeFrame, writeMessage } from "./frame.ts"

const codeOf = (frame: string): string => {
  try {
    readFrame(frame)
    return "fine"
  } catch (error) {
    return (error as FrameError).code
  }
}

test("[P5] a message is its header and its untouched body", () => {
  const body = 'line one\n{"op":"ping"}\n'
  expect(readFrame(writeMessage({ op: "eval" }, body))).toEqual([{ header: { op: "eval" }, body }])
  expect(readFrame('{"op":"ping"}')).toEqual([{ header: { op: "ping" }, body: undefined }])
  expect(readFrame('{"op":"eval"}\n')).toEqual([{ header: { op: "eval" }, body: "" }])
})

test("[P6] one message goes as it is, several as a batch", () => {
  const one = writeMessage({ op: "ping" })
  expect(writeFrame([one])).toBe(one)
  expect(writeFrame([one, one])).toBe(`{"op":"batch","sizes":[13,13]}\n${one}${one}`)
})

test("[P5] a message says what is in it, whatever all objects and lists inherit", () => {
  const prototypes: { toJSON?: unknown; count?: unknown }[] = [Object.prototype, Array.prototype]
  onTestFinished(() => {
    for (const prototype of prototypes) {
      delete prototype.toJSON
      delete prototype.count
    }
  })
  for (const prototype of prototypes) {
    prototype.toJSON = () => "own"
    prototype.count = () => "own"
  }
  const header = { op: "eval", list: [1, { a: "b", c: undefined }], none: undefined, nothing: null }
  expect(writeMessage(header)).toBe('{"op":"eval","list":[1,{"a":"b"}],"nothing":null}')
  expect(writeFrame(["a", "b"])).toBe('{"op":"batch","sizes":[1,1]}\nab')
  expect(readFrame('{"op":"eval"}')[0]!.header["count"]).toBeUndefined()
})

test("[P6] any messages come out of a frame as they went in", () => {
  const text = fc.string({ unit: "binary" })
  const message = fc.record({ op: fc.constantFrom("a", "b"), note: text, body: fc.option(text, { nil: undefined }) })
  fc.assert(
    fc.property(fc.array(message, { minLength: 1 }), (messages) => {
      const frame = writeFrame(messages.map(({ op, note, body }) => writeMessage({ op, note } as { op: string }, body)))
      expect(readFrame(frame)).toEqual(messages.map(({ op, note, body }) => ({ header: { op, note }, body })))
    }),
  )
})

test.each([
  ["", "not-json"],
  ["hello", "not-json"],
  ['{"op":"ping"', "not-json"],
  ["null", "not-an-object"],
  ["[1]", "not-an-object"],
  ['"op"', "not-an-object"],
  ["{}", "no-op"],
  ['{"op":1}', "no-op"],
  ['{"op":"batch"}', "bad-batch"],
  ['{"op":"batch","sizes":[13]}', "bad-batch"],
  ['{"op":"batch","sizes":[13]}\n{"op":"ping"}x', "bad-batch"],
  ['{"op":"batch","sizes":[0,13]}\n{"op":"ping"}', "bad-batch"],
  ['{"op":"batch","sizes":[-1,13]}\n{"op":"ping"}', "bad-batch"],
  ['{"op":"batch","sizes":[1e99]}\n{"op":"ping"}', "bad-batch"],
  ['{"op":"batch","sizes":[13,5]}\n{"op":"ping"}right', "not-json"],
  ['{"op":"batch","sizes":[25]}\n{"op":"batch","sizes":[]}', "bad-batch"],
])("[P8] %j is malformed: %s", (frame, code) => {
  expect(codeOf(frame)).toBe(code)
})

test("[P8] no text makes the reader throw anything but a FrameError", () => {
  const json = fc.json().map((line) => line.replaceAll("\n", " "))
  const batch = fc
    .tuple(fc.array(fc.integer()), fc.string())
    .map(([sizes, body]) => `${JSON.stringify({ op: "batch", sizes })}\n${body}`)
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), json, batch), (frame) => {
      try {
        readFrame(frame)
      } catch (error) {
        expect(error).toBeInstanceOf(FrameError)
      }
    }),
  )
})
