import { expect, test } from "vitest"
import { newsOfLine } from "./news.ts"

test.each([
  [
    "the first of a session is, with what was dropped before it",
    { seq: 5, dropped: 4 },
    undefined,
    { seq: 5, dropped: 4 },
  ],
  ["one that comes again is not", { seq: 5 }, 5, undefined],
  ["the next is", { seq: 6 }, 5, { seq: 6 }],
  ["those between that never came are, too", { seq: 9 }, 5, { seq: 9, dropped: 3 }],
  ["of the dropped before it, those that had come are not", { seq: 9, dropped: 7 }, 5, { seq: 9, dropped: 3 }],
  [
    "the word that lines were dropped counts its own",
    { seq: 9, kind: "dropped", dropped: 7 },
    5,
    { seq: 9, kind: "dropped", dropped: 4 },
  ],
])("of a console line %s news", (_, line, last, news) => {
  expect(newsOfLine(line, last)).toEqual(news)
})
