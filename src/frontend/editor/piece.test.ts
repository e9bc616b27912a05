import { expect, test } from "vitest"
import { blocksOf } from "./blocks.ts"
import { pieceOf, type Extent } from "./piece.ts"

/** `|` is the cursor, or begins and ends the selection. */
function pieceIn(text: string, extent: Extent, languageId = "javascript"): string {
  const [from, end] = [text.indexOf("|"), text.lastIndexOf("|")]
  const plain = text.replaceAll("|", "")
  const place = { from, to: from === end ? from : end - 1 }
  const piece = pieceOf({ text: plain, blocks: blocksOf(languageId, plain) }, extent, place)
  return typeof piece === "string" ? `(${piece})` : plain.slice(piece.from, piece.to)
}

test.each<readonly [string, Extent, string]>([
  ["a + |b + c| + d", "selection", "b + c"],
  ["a + |b", "selection", "(nothing is selected)"],
  ["a\n  f(b|)\r\nc", "line", "f(b)"],
  ["|a\nb", "line", "a"],
  ["a\n|\nb", "line", "(the line is empty)"],
  ["f(\n  a|\n)\nb", "form", "f(\n  a\n)"],
  ["|", "form", "(there is no statement here)"],
  ["\na\nb|\n", "file", "a\nb"],
  [" | ", "file", "(it is empty)"],
])("of %j, the %s is %j", (text, extent, piece) => {
  expect(pieceIn(text, extent)).toBe(piece)
})

test.each<readonly [string, Extent, string]>([
  ["<p>|</p><script>a</script>", "form", "(there is no script here)"],
  ["<p>|</p>\n<script>a</script>", "line", "(there is no script here)"],
  ["|<script>a()</script>", "line", "a()"],
  ["<script>a()\nb(|)</script>", "line", "b()"],
  ["<p></p><script>a()\nb(|)</script>", "form", "b()"],
  ["<p>|</p><script> a </script>", "file", "a"],
  ["|<script>a</script><script>b</script>", "file", "(it has 2 scripts: put the cursor in one)"],
  ["<script>a</script><script>|b</script>", "file", "b"],
])("of the page %j, the %s is %j", (text, extent, piece) => {
  expect(pieceIn(text, extent, "html")).toBe(piece)
})
