import { expect, test } from "vitest"
import { makeRoom, makeRoomInMeta, nonceOf } from "./policy.ts"

const room = { script: "http://b", connect: ["http://b", "ws://b"] }

test.each([
  ["img-src 'self'; frame-ancestors 'none'", "img-src 'self'; frame-ancestors 'none'"],
  ["script-src-elem 'self'", "script-src-elem 'self' http://b"],
  // `eval`, and handlers in attributes, stay as forbidden as they were.
  ["img-src *; script-src 'self'", "img-src *; script-src 'self'; script-src-elem 'self' http://b"],
  ["connect-src 'none';", "connect-src http://b ws://b;"],
  ["default-src 'none'", "default-src 'none'; script-src-elem http://b; connect-src http://b ws://b"],
  ["SCRIPT-SRC-ELEM http://b; Connect-Src http://b ws://b", "SCRIPT-SRC-ELEM http://b; Connect-Src http://b ws://b"],
  ["connect-src a,connect-src c", "connect-src a http://b ws://b,connect-src c http://b ws://b"],
  ["", ""],
])("room is made for the script and its socket, and for nothing else: %s", (policy, expected) => {
  expect(makeRoom(policy, room)).toBe(expected)
})

test("the nonce is the one that lets scripts in", () => {
  expect(nonceOf("style-src 'nonce-no'; script-src 'self' 'nonce-aZ09+/_-=='")).toBe("aZ09+/_-==")
  expect(nonceOf("img-src a, default-src 'nonce-two'")).toBe("two")
  expect(nonceOf(`script-src 'nonce-"><script>'`)).toBeUndefined()
  expect(nonceOf("")).toBeUndefined()
})

test.each([
  [
    `<meta http-equiv="Content-Security-Policy" content="connect-src 'self'">`,
    `<meta http-equiv="Content-Security-Policy" content="connect-src 'self' http://b ws://b">`,
  ],
  [
    `<meta content='connect-src &#39;self&#39;; report-uri /a?b&amp;c' http-equiv=content-security-policy />`,
    `<meta content="connect-src 'self' http://b ws://b; report-uri /a?b&amp;c" http-equiv=content-security-policy />`,
  ],
  [`<meta name="description" content="connect-src">`, `<meta name="description" content="connect-src">`],
  [
    `<meta http-equiv="content-security-policy-report-only" content="connect-src a">`,
    `<meta http-equiv="content-security-policy-report-only" content="connect-src a">`,
  ],
])("a policy in the page itself: %s", (element, expected) => {
  expect(makeRoomInMeta(element, room)).toBe(expected)
})
