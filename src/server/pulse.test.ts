import { afterEach, beforeEach, expect, it, test, vi } from "vitest"
import { isDead, isLate, startPulse, type Pulsing } from "./pulse.ts"

const proven = { seen: 1000, isProven: true }

it("[L26] a link that is silent for two beats is dead, whatever runs at its other end", () => {
  expect(isDead(proven, 1000 + 29_999, 15_000, false)).toBe(false)
  expect(isDead(proven, 1000 + 30_000, 15_000, false)).toBe(true)
})

it("[L29] one whose code is its network has more time while it evaluates", () => {
  expect(isDead(proven, 1000 + 119_999, 15_000, true)).toBe(false)
  expect(isDead(proven, 1000 + 120_000, 15_000, true)).toBe(true)
})

it("[L29] the first answer may come from far away, also where the beat is short", () => {
  const unproven = { seen: 1000, isProven: false }
  expect(isDead(unproven, 1000 + 2399, 300, false)).toBe(false)
  expect(isDead(unproven, 1000 + 2400, 300, false)).toBe(true)
  expect(isDead(unproven, 1000 + 10_000, 3000, false)).toBe(true)
  expect(isDead(unproven, 1000 + 30_000, 15_000, false)).toBe(true)
})

it("[L28] a look that comes late has learnt nothing", () => {
  expect(isLate(7500, 15_000)).toBe(false)
  expect(isLate(15_001, 15_000)).toBe(true)
})

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A peer whose bytes and frames the test counts up. */
function pulsing() {
  const socket = { bytesRead: 0, ping: vi.fn(), terminate: vi.fn() }
  const peer = { socket, isDeaf: false, isPaused: false, frames: 0, say: vi.fn(), doubt: vi.fn() } satisfies Pulsing
  return { socket, peer }
}

test("[L29] an end whose network answers and whose code does not is doubted, and not cut", () => {
  const { socket, peer } = pulsing()
  const stop = startPulse(1000, () => [peer], Date.now)
  const answer = (): void => void socket.bytesRead++
  socket.ping.mockImplementation(answer)
  vi.advanceTimersByTime(1500)
  expect(peer.doubt).not.toHaveBeenCalled()
  vi.advanceTimersByTime(10_000)
  expect(peer.doubt).toHaveBeenCalled()
  expect(socket.terminate).not.toHaveBeenCalled()
  stop()
  expect(vi.getTimerCount()).toBe(0)
})

test("[L29] one that answers on no level is cut within two and a half beats", () => {
  const { socket, peer } = pulsing()
  const stop = startPulse(15_000, () => [peer], Date.now)
  vi.advanceTimersByTime(7500)
  socket.bytesRead++
  peer.frames++
  vi.advanceTimersByTime(7500)
  expect(socket.terminate).not.toHaveBeenCalled()
  vi.advanceTimersByTime(30_000)
  expect(socket.terminate).toHaveBeenCalled()
  stop()
})

test("[P48] one that is not read is told that we are there, and is neither doubted nor cut", () => {
  const { socket, peer } = pulsing()
  const unread = { ...peer, isPaused: true }
  const stop = startPulse(1000, () => [unread], Date.now)
  vi.advanceTimersByTime(30_000)
  expect(socket.terminate).not.toHaveBeenCalled()
  expect(peer.doubt).not.toHaveBeenCalled()
  expect(peer.say).toHaveBeenCalledWith({ op: "pong" })
  stop()
})
