import { expect, test } from "vitest"
import { isLoopback } from "./loopback.ts"

test.each(["localhost", "shop.localhost", "a.b.localhost", "127.0.0.1", "127.1.2.3", "[::1]"])(
  "%s is this machine",
  (hostname) => {
    expect(isLoopback(`http://${hostname}`)).toBe(true)
    expect(isLoopback(`WSS://${hostname}:9001/runtime`)).toBe(true)
  },
)

test.each([
  "",
  "localhost.example.com",
  "notlocalhost",
  "127.0.0.1.example.com",
  "128.0.0.1",
  "192.168.0.1",
  "[::2]",
  "localhost@example.com",
  "localhost:80@example.com",
])("%s may be another machine", (hostname) => {
  expect(isLoopback(`http://${hostname}`)).toBe(false)
  expect(isLoopback(`ws://${hostname}:9001/runtime`)).toBe(false)
})
