import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { Deferred } from "./deferred.ts"

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test("outcomes are fetched once there is room, a few megabytes at a time, and then nothing looks any more", () => {
  let hasRoom = false
  const fetched: string[] = []
  const deferred = new Deferred((id) => {
    if (hasRoom) fetched.push(id)
    return hasRoom
  })
  for (const id of ["a", "b", "c"]) deferred.add(id, 1_500_000)
  vi.advanceTimersByTime(1000)
  expect(fetched).toEqual([])
  hasRoom = true
  vi.advanceTimersByTime(50)
  expect(fetched).toEqual(["a", "b"])
  vi.advanceTimersByTime(50)
  expect(fetched).toEqual(["a", "b", "c"])
  expect(vi.getTimerCount()).toBe(0)
})

test("one whose asker has no room does not keep others from theirs", () => {
  const fetched: string[] = []
  const deferred = new Deferred((id) => id !== "lazy" && fetched.push(id) > 0)
  deferred.add("lazy", 10)
  deferred.add("b", 10)
  vi.advanceTimersByTime(50)
  expect(fetched).toEqual(["b"])
  deferred.stop()
  expect(vi.getTimerCount()).toBe(0)
})
