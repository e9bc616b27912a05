import { expect, test } from "vitest"
import { createHandles } from "./handles.ts"

test("a handle finds its value until it is released", () => {
  const handles = createHandles("s1")
  const [a, b] = [{}, {}]
  const [handleOfA, handleOfB] = [handles.keep(a, "f1"), handles.keep(b, "f2")]
  expect([handles.find(handleOfA), handles.find(handleOfB)]).toEqual([a, b])
  handles.release([handleOfA])
  expect([handles.find(handleOfA), handles.find(handleOfB)]).toEqual([undefined, b])
  handles.releaseAll("f2")
  expect(handles.find(handleOfB)).toBeUndefined()
})

test("only the newest are kept", () => {
  const handles = createHandles("s1", 2)
  const all = [1, 2, 3].map((n) => handles.keep({ n }, undefined))
  expect(all.map((handle) => handles.find(handle))).toEqual([undefined, { n: 2 }, { n: 3 }])
})
