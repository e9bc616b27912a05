import { expect, test } from "vitest"
import { pageHeaders, readUpstream, requestHeaders, responseHeaders } from "./upstream.ts"

const here = readUpstream("http://localhost:5173")
const elsewhere = readUpstream("https://stage.example")

test.each(["localhost:5173", "5173", "", "ftp://a", "http://a/shop", "http://a/?b", "http://me:secret@a"])(
  "what is no server to stand before is refused with advice: %s",
  (text) => expect(() => readUpstream(text)).toThrow(/^cannot stand before ".*": ./),
)

test("a server on this machine sees the Host that the browser used, any other its own", () => {
  const sent = ["Host", "localhost:9002", "Origin", "http://localhost:9002", "Referer", "http://localhost:9002/a?b"]
  expect(requestHeaders(sent, here, "localhost:9002", false)).toEqual(sent)
  expect(requestHeaders(sent, elsewhere, "localhost:9002", false)).toEqual([
    "Host",
    "stage.example",
    "Origin",
    "https://stage.example",
    "Referer",
    "https://stage.example/a?b",
  ])
})

test("an origin that is not ours stays what it is", () => {
  const sent = ["Origin", "http://localhost:90021", "Referer", "http://evil.example/"]
  expect(requestHeaders(sent, elsewhere, "localhost:9002", false)).toEqual(sent)
})

test("headers of one connection end with it, others come twice where they came twice", () => {
  const sent = [
    "Connection",
    "keep-alive, X-Hop",
    "X-Hop",
    "1",
    "Keep-Alive",
    "timeout=5",
    "Cookie",
    "a",
    "Cookie",
    "b",
  ]
  expect(requestHeaders(sent, here, "localhost:9002", false)).toEqual(["Cookie", "a", "Cookie", "b"])
})

test("a page is asked for as a whole", () => {
  const sent = ["Accept-Encoding", "gzip", "If-None-Match", "a", "Range", "bytes=1-", "Cookie", "a"]
  expect(requestHeaders(sent, here, "localhost:9002", true)).toEqual(["Accept-Encoding", "identity", "Cookie", "a"])
  expect(requestHeaders(sent, here, "localhost:9002", false)).toEqual(sent)
})

test.each([
  ["http://localhost:5173/a?b#c", "http://localhost:9002/a?b#c"],
  ["http://127.0.0.1:5173/a", "http://localhost:9002/a"],
  ["http://localhost:5173", "http://localhost:9002/"],
  ["http://localhost:5174/a", "http://localhost:5174/a"],
  ["https://localhost:5173/a", "https://localhost:5173/a"],
  ["https://login.example/?back=http://localhost:5173/", "https://login.example/?back=http://localhost:5173/"],
  ["/a", "/a"],
  ["//evil.example/", "//evil.example/"],
])("a redirect to the server's own origin leads back here: %s", (location, expected) => {
  expect(responseHeaders(["Location", location], here, "localhost:9002").slice(0, 2)).toEqual(["Location", expected])
})

test("cookies are for the name that the browser knows", () => {
  const answered = ["Set-Cookie", "a=1; Domain=stage.example; Path=/; Secure", "Set-Cookie", "b=2"]
  expect(responseHeaders(answered, elsewhere, "localhost:9002").slice(0, 4)).toEqual([
    "Set-Cookie",
    "a=1; Path=/; Secure",
    "Set-Cookie",
    "b=2",
  ])
})

test("other sites may load from here what the server lets them, and else nothing", () => {
  const corp = "Cross-Origin-Resource-Policy"
  expect(responseHeaders([], here, "localhost:9002")).toEqual([corp, "same-site"])
  expect(responseHeaders([corp, "cross-origin"], here, "localhost:9002")).toEqual([corp, "cross-origin"])
})

test("of a page that is changed nothing is claimed of its bytes, and only its policy is made room in", () => {
  const answered = [
    "ETag",
    "a",
    "Content-Length",
    "9",
    "Content-Encoding",
    "br",
    "Content-Security-Policy",
    "connect-src a",
  ]
  const room = { script: "http://b", connect: ["ws://b"] }
  expect(pageHeaders([...answered, "X-Own", "1"], room)).toEqual([
    "Content-Security-Policy",
    "connect-src a ws://b",
    "X-Own",
    "1",
  ])
})
