import { expect, test } from "vitest"
import { attentive, stepAttention, type Attention, type AttentionEffect, type AttentionEvent } from "./attention.ts"

/** Plays events, each a second after the one before; what came of it last. */
function play(...events: readonly AttentionEvent[]): { attention: Attention; effects: readonly AttentionEffect[] } {
  let attention = attentive
  let effects: readonly AttentionEffect[] = []
  for (const [second, event] of events.entries()) {
    ;({ attention, effects } = stepAttention(attention, event, second * 1000))
  }
  return { attention, effects }
}

const asked = { type: "asked" } as const
const heard = { type: "heard" } as const
const ponged = { type: "ponged", bytesRead: 100 } as const
const due = { type: "due", owes: true, bytesRead: 100, hasNetwork: true } as const

test("[L29] a page whose browser answers and which itself does not is busy, since it was asked", () => {
  expect(play(asked, due)).toMatchObject({ effects: ["question", "arm"] })
  expect(play(asked, due, ponged, due)).toEqual({ attention: { at: "busy", since: 0 }, effects: ["show"] })
})

test("[L29] a link that is silent on both levels says nothing about the page", () => {
  expect(play(asked, due, due, due)).toMatchObject({ attention: { at: "questioned" }, effects: ["arm"] })
})

test("[L29] a page whose answer waits behind a long frame is not busy", () => {
  const more = { ...due, bytesRead: 5000 }
  expect(play(asked, due, ponged, more)).toMatchObject({ attention: { at: "questioned" }, effects: ["arm"] })
  expect(play(asked, due, ponged, more, more)).toMatchObject({ attention: { at: "busy" } })
})

test("[L29] a runtime whose code is its network, such as Node, cannot answer on either level while it is blocked", () => {
  expect(play(asked, due, { ...due, hasNetwork: false })).toMatchObject({ attention: { at: "busy", since: 0 } })
})

test("whatever it says shows that it listens again", () => {
  expect(play(asked, due, ponged, due, heard)).toEqual({ attention: attentive, effects: ["show", "arm"] })
  expect(play(asked, due, heard)).toEqual({ attention: attentive, effects: [] })
})

test("it is questioned every second while it owes an outcome, and not at all when it owes nothing", () => {
  expect(play(asked, heard, due)).toMatchObject({ effects: ["question", "arm"] })
  expect(play(asked, heard, { ...due, owes: false })).toEqual({ attention: attentive, effects: [] })
})

test("one whose heartbeat stays out is questioned at once", () => {
  expect(play({ type: "doubted" })).toMatchObject({ effects: ["question", "arm"] })
  expect(play(asked, due, ponged, due, { type: "doubted" })).toMatchObject({ attention: { at: "busy" }, effects: [] })
})
