import { expect, test } from "vitest"
import { closeCode } from "../protocol/index.ts"
import { createDialler } from "./dialler.ts"
import type { Failure } from "./web-socket.ts"

/** Dials as often as there are answers, with the token of that moment; gives the codes the sockets close with. */
function dial(...answers: readonly (readonly [token: string | undefined, failure: Failure])[]) {
  let next = 0
  const codes: number[] = []
  const dialler = createDialler(
    () => ({ url: "http://127.0.0.1:9001", token: answers[next]![0] }),
    (url, token, failed) => {
      expect(url).toBe("ws://127.0.0.1:9001/frontend")
      expect(token).toBe(answers[next]![0])
      codes.push(failed(answers[next++]![1]))
      return {} as never
    },
  )
  for (const _ of answers) dialler.openSocket(dialler.url())
  return { codes, problem: dialler.problem! }
}

const unauthorized: Failure = { status: 401, reason: "no token" }

test("a token that is refused twice is refused for good; another one is tried", () => {
  expect(dial(["a", unauthorized], ["a", unauthorized]).codes).toEqual([1006, closeCode.unauthorized])
  expect(dial(["a", unauthorized], ["b", unauthorized]).codes).toEqual([1006, 1006])
})

test("without a token it is somebody else's bridge, and the own one is looked for on", () => {
  const { codes, problem } = dial([undefined, unauthorized], [undefined, unauthorized], [undefined, unauthorized])
  expect(codes).toEqual([1006, 1006, 1006])
  expect(problem).toMatchObject({ code: "not-allowed", message: expect.stringContaining("belongs to another user") })
})

test.each([
  [undefined, 1006, "no-bridge", 'no bridge at http://127.0.0.1:9001 (why): start one with "repl-bridge serve"'],
  [403, closeCode.forbidden, "not-allowed", "the bridge at http://127.0.0.1:9001 does not let us in: why"],
  [429, closeCode.tryAgainLater, "not-allowed", "the bridge at http://127.0.0.1:9001 is busy: why"],
  [503, closeCode.tryAgainLater, "not-allowed", "the bridge at http://127.0.0.1:9001 is busy: why"],
  [
    404,
    1006,
    "no-bridge",
    "what answers at http://127.0.0.1:9001 is no bridge (HTTP 404): name another with --port or --url",
  ],
] as const)("an upgrade that is answered with %s", (status, code, name, message) => {
  const { codes, problem } = dial(["a", { ...(status !== undefined && { status }), reason: "why" }])
  expect(codes).toEqual([code])
  expect(problem).toMatchObject({ code: name, message })
})
