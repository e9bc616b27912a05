import { expect, test } from "vitest"
import { blocksOf } from "./blocks.ts"

const codeIn = (languageId: string, text: string): readonly string[] =>
  blocksOf(languageId, text).map(({ from, to }) => text.slice(from, to))

test("a document in JavaScript or TypeScript is one block", () => {
  expect(codeIn("typescriptreact", "<script>a</script>")).toEqual(["<script>a</script>"])
})

test.each([
  ["html", '<p>x</p><script src="a>b">a()</script >\n<SCRIPT type=module>\nb\n</SCRIPT>', ["a()", "\nb\n"]],
  ["html", '<script type="application/json">{}</script><script type="importmap">{}</script>', []],
  ["html", "<!-- <script>no</script> --><script>yes</script>", ["yes"]],
  ["html", '<script>a = "<!--"</script><p>-</p><script>b</script><!-- c -->', ['a = "<!--"', "b"]],
  ["vue", '<template>a</template><script setup lang="ts">let a: 1</script><style>b</style>', ["let a: 1"]],
  ["svelte", "<script context='module'>a</script><script>b</script>{c}", ["a", "b"]],
])("of %s, the script elements that hold code: %s", (languageId, text, blocks) => {
  expect(codeIn(languageId, text)).toEqual(blocks)
})
