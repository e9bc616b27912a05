import fc from "fast-check"
import { expect, it } from "vitest"
import { decodeFromFrontEnd, decodeFromRuntime, FrameError, ops, writeFrame, writeMessage } from "../protocol/index.ts"
import { checkHeader, Offence } from "./manners.ts"

const nested = (levels: number): object => JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`) as object

it("[P47] a header may be nested 64 levels, itself among them", () => {
  checkHeader({ op: "x", deep: nested(63) }, "runtime")
  expect(() => checkHeader({ op: "x", deep: nested(64) }, "runtime")).toThrow(Offence)
})

it("[P47] each role says its own words and those of both, and an op that nobody knows is no offence", () => {
  const only = (own: ReadonlySet<string>, other: ReadonlySet<string>) => [...own].filter((op) => !other.has(op))
  for (const op of [...ops.runtime, "dance"]) checkHeader({ op }, "runtime")
  for (const op of [...ops.frontEnd, "dance"]) checkHeader({ op }, "front end")
  for (const op of only(ops.frontEnd, ops.runtime)) expect(() => checkHeader({ op }, "runtime")).toThrow(Offence)
  for (const op of only(ops.runtime, ops.frontEnd)) expect(() => checkHeader({ op }, "front end")).toThrow(Offence)
})

/** Frames as a stranger might write them: bytes, JSON of any shape, and messages that are nearly right. */
const frames = (() => {
  const op = fc.constantFrom(...ops.runtime, ...ops.frontEnd, "batch", "__proto__", "constructor")
  const fields = fc.dictionary(fc.constantFrom("id", "op", "seq", "protocol", "url", "ids", "x"), fc.jsonValue())
  const header = fc.tuple(op, fields).map(([said, rest]) => ({ ...rest, op: said }))
  const message = fc
    .tuple(header, fc.option(fc.string({ unit: "binary" }), { nil: undefined }))
    .map(([head, body]) => writeMessage(head, body))
  const bytes = fc.uint8Array().map((some) => Buffer.from(some).toString())
  const batch = fc.array(message, { minLength: 2, maxLength: 5 }).map(writeFrame)
  return fc.oneof(bytes, fc.string({ unit: "binary" }), fc.json(), message, batch)
})()

it.each([
  ["runtime", decodeFromRuntime, ops.frontEnd, ops.runtime],
  ["front end", decodeFromFrontEnd, ops.runtime, ops.frontEnd],
] as const)(
  "no frame of a %s throws anything but a typed error, and none of the other role passes",
  (role, decode, others, own) => {
    fc.assert(
      fc.property(frames, (frame) => {
        try {
          for (const { message } of decode(frame, (header) => checkHeader(header, role))) {
            expect(own.has(message.op)).toBe(true)
            expect(others.has(message.op) && !own.has(message.op)).toBe(false)
            expect(() => JSON.stringify(message)).not.toThrow()
          }
        } catch (error) {
          if (!(error instanceof Offence)) expect(error).toBeInstanceOf(FrameError)
        }
      }),
      { numRuns: 2000 },
    )
  },
)
