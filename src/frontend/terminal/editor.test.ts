import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { splitGraphemes } from "./cells.ts"
import { createEditor, type Editor } from "./editor-state.ts"
import { step, type EditorEffect } from "./editor.ts"
import type { Key } from "./keys.ts"
import type { Candidates } from "./menu.ts"

/** Incomplete while a brace is open: all that these tests need of a language. */
const continues = (text: string): boolean => text.split("{").length > text.split("}").length

/** `ab<left><paste:x>`: characters as typed, and keys by name. */
function keysOf(played: string): readonly Key[] {
  const parts = played.match(/<[a-z][^<>]*[>]|<meta-[<>]>|[^]/gu) ?? []
  return parts.flatMap((part): readonly Key[] => {
    const name = /^<([a-z].*)>$/s.exec(part)?.[1]
    if (name === undefined) return [{ kind: "text", text: part }]
    if (name.startsWith("paste:")) return [{ kind: "paste", text: name.slice(6) }]
    return [{ kind: "named", name }]
  })
}

interface Played {
  readonly editor: Editor
  readonly effects: readonly EditorEffect[]
}

function play(played: string, from: Editor = createEditor([])): Played {
  return keysOf(played).reduce<Played>(
    ({ editor, effects }, key) => {
      const next = step(editor, { kind: "key", key }, continues)
      return { editor: next.editor, effects: [...effects, ...next.effects] }
    },
    { editor: from, effects: [] },
  )
}

/** The text with a bar where the cursor is. */
function shown({ buffer: { text, cursor } }: Editor): string {
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`
}

const after = (played: string, history: readonly string[] = []): string =>
  shown(play(played, createEditor(history)).editor)

describe("keys edit the text", () => {
  test.each([
    ["abc", "abc|"],
    ["abc<left><left>X", "aX|bc"],
    ["abc<ctrl-a>X<end>Y", "XabcY|"],
    ["abc<home><right><right>", "ab|c"],
    ["abc<left><backspace>", "a|c"],
    ["abc<home><delete>", "|bc"],
    ["abc<home><ctrl-d>", "|bc"],
    ["<backspace>", "|"],
    ["foo.bar baz<meta-b>", "foo.bar |baz"],
    ["foo.bar baz<meta-b><ctrl-left>", "foo.|bar baz"],
    ["foo.bar baz<home><meta-f>", "foo|.bar baz"],
    ["foo.bar baz<home><ctrl-right><ctrl-right>", "foo.bar| baz"],
    ["foo.bar<meta-backspace>", "foo.|"],
    ["a foo.bar<ctrl-w>", "a |"],
    ["foo.bar<home><meta-d>", "|.bar"],
    ["foo bar<meta-b><ctrl-u>", "|bar"],
    ["foo bar<meta-b><ctrl-k>", "foo |"],
    ["foo bar<ctrl-w><ctrl-y><ctrl-y>", "foo barbar|"],
    ["one two three<ctrl-w><ctrl-w><ctrl-y>", "one two three|"],
    ["one<ctrl-u>two<ctrl-u><ctrl-y><meta-y>", "one|"],
    ["one<ctrl-u>two<ctrl-u><ctrl-y><meta-y><meta-y>", "two|"],
    ["a<meta-enter>b<ctrl-u><backspace>", "a|"],
    ["a<meta-enter>b<up><ctrl-k>", "a|b"],
    ["ab<ctrl-t>", "ba|"],
    ["abc<home><right><ctrl-t>", "ba|c"],
    ["a<home><ctrl-t>", "|a"],
    ["one two<ctrl-_>", "one|"],
    ["one<ctrl-w><ctrl-_>", "one|"],
    ["one two<ctrl-_><ctrl-^>", "one two|"],
    ["one two<ctrl-_>!<ctrl-^>", "one!|"],
    ["abc<unknown>d", "abcd|"],
  ])("%s", (played, expected) => {
    expect(after(played)).toBe(expected)
  })
})

describe("several lines", () => {
  test.each([
    ["Enter in an unfinished input breaks the line, one step deeper", "if (x) {<enter>a", "if (x) {\n  a|"],
    ["a closing bracket moves back out", "f({<enter>a<enter>}", "f({\n  a\n}|"],
    ["Alt-Enter breaks a finished one, keeping the indentation", "  a<meta-enter>b", "  a\n  b|"],
    ["up and down keep the column", "abc<meta-enter>d<meta-enter>efg<up><up>", "abc|\nd\nefg"],
    ["up and down land on whole characters", "日本<meta-enter>abc<up>", "日|本\nabc"],
    ["home and end stay in their line", "ab<meta-enter>cd<home>X<end>Y", "ab\nXcdY|"],
    ["left and right cross line ends", "ab<meta-enter>cd<home><left>", "ab|\ncd"],
    ["the ends of the text", "ab<meta-enter>cd<ctrl-home>X", "X|ab\ncd"],
    ["Tab in the indentation indents", "{<enter><tab>x", "{\n    x|"],
  ])("%s", (_, played, expected) => {
    expect(after(played)).toBe(expected)
  })

  test("a text that begins with an empty line can be walked through", () => {
    expect(after("<meta-enter>b<up>")).toBe("|\nb")
    expect(after("<meta-enter>b<ctrl-home><home>")).toBe("|\nb")
  })
})

describe("characters of several code points are one", () => {
  const family = "👨‍👩‍👧"
  test.each([
    ["an emoji of a family", family],
    ["a flag", "🇫🇮"],
    ["a letter with its mark", "e\u0301"],
  ])("%s", (_, character) => {
    const typed = play("a").editor
    const pasted = step(typed, { kind: "key", key: { kind: "paste", text: `${character}b` } }, continues).editor
    expect(shown(play("<left><left>", pasted).editor)).toBe(`a|${character}b`)
    expect(shown(play("<left><backspace>", pasted).editor)).toBe("a|b")
  })

  test("the cursor never stands inside of one, whatever is pressed", () => {
    const pieces = fc.constantFrom(
      ..."ab {}.\t日é".split(""),
      ...[family, "🇫🇮", "e\u0301", "❤️", "\u202e", "\ud800", "🇫", "\u0301", "\u200d", "👩"],
      ..."left right up down home end backspace delete enter meta-enter tab ctrl-k ctrl-w ctrl-u ctrl-y meta-y ctrl-_ ctrl-^ ctrl-t meta-b meta-f meta-d meta-backspace ctrl-r ctrl-s ctrl-g escape ctrl-c ctrl-d"
        .split(" ")
        .map((name) => `<${name}>`),
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (played) => {
        const { buffer } = play(played.join(""), createEditor(["let a = 1", "{\n  日本\n}", family])).editor
        const starts = new Set<number>()
        let at = 0
        for (const line of buffer.text.split("\n")) {
          starts.add(at)
          for (const grapheme of splitGraphemes(line)) starts.add((at += grapheme.length))
          at++
        }
        expect(starts).toContain(buffer.cursor)
      }),
      { numRuns: 500 },
    )
  })
})

describe("submitting", () => {
  test("Enter submits a whole input from wherever the cursor is, and remembers it", () => {
    const { editor, effects } = play("1 + 1<left><enter>")
    expect(effects).toEqual([{ kind: "submit", text: "1 + 1" }])
    expect(shown(editor)).toBe("|")
    expect(editor.history).toEqual(["1 + 1"])
  })

  test("a repeated input is remembered once, at its latest place", () => {
    expect(play("a<enter>b<enter>a<enter><enter>").editor.history).toEqual(["b", "a"])
  })

  test("in a block Enter breaks the line and ^D submits", () => {
    const block = step(createEditor([]), { kind: "block" }, continues).editor
    const { editor, effects } = play("a<enter>b<ctrl-d>", block)
    expect(effects).toEqual([{ kind: "submit", text: "a\nb" }])
    expect(editor.isBlock).toBe(false)
  })

  test("^C drops a block, also an empty one", () => {
    const block = step(createEditor([]), { kind: "block" }, continues).editor
    expect(play("<ctrl-c>", block).editor.isBlock).toBe(false)
    expect(play("<ctrl-c>", block).effects).toEqual([])
  })
})

describe("leaving", () => {
  test.each([
    ["<ctrl-d>", [{ kind: "leave" }]],
    ["a<ctrl-d>", []],
    ["<ctrl-c>", [{ kind: "interrupt" }]],
    ["a<ctrl-c>", []],
    ["a<ctrl-c><ctrl-c>", [{ kind: "interrupt" }]],
    ["<ctrl-l>", [{ kind: "clear-screen" }]],
    ["<ctrl-z>", [{ kind: "suspend" }]],
  ])("%s", (played, effects) => {
    expect(play(played).effects).toEqual(effects)
  })

  test("^C clears the line and keeps what was cut", () => {
    expect(after("ab<ctrl-u>cd<ctrl-c><ctrl-y>")).toBe("ab|")
  })
})

describe("paste", () => {
  test("goes in as one text, unindented and unsubmitted", () => {
    const { editor, effects } = play("<paste:if (x) {\n  a\n}\nb\n>")
    expect(shown(editor)).toBe("if (x) {\n  a\n}\nb|")
    expect(effects).toEqual([])
  })

  test("one undo takes it back", () => {
    expect(after("a<paste:b c d><ctrl-_>")).toBe("a|")
  })
})

describe("history", () => {
  const history = ["let a = 1", "b()", "let c = {\n  d: 2\n}", "e"]

  test.each([
    ["up goes to older ones, and stays at the oldest", "<up><up><up><up><up>", "let a = 1|"],
    ["down comes back to the line that was begun", "x<ctrl-a><up><up><down><down>", "|x"],
    ["with a beginning only those that start so", "let<up><up>", "let a = 1|"],
    ["in a longer one the cursor is at the end of its first line, and up goes on", "<up><up>", "let c = {|\n  d: 2\n}"],
    ["over a longer one and on", "<up><up><up>", "b()|"],
    ["an edit ends the walk", "<up><up><up>!", "b()!|"],
    ["nothing fits: the line stays", "zzz<up>", "zzz|"],
    ["down with nothing begun does nothing", "x<down>", "x|"],
    ["up first climbs the lines of what is typed", "q<meta-enter>r<up>", "q|\nr"],
  ])("%s", (_, played, expected) => {
    expect(after(played, history)).toBe(expected)
  })
})

describe("reverse search", () => {
  const history = ["alpha()", "beta()", "alphabet", "Gamma()"]

  test.each([
    ["finds the latest as one types", "<ctrl-r>alp", "|alphabet"],
    ["^R finds the one before", "<ctrl-r>alp<ctrl-r>", "|alpha()"],
    ["^S goes back to the later one", "<ctrl-r>alp<ctrl-r><ctrl-s>", "|alphabet"],
    ["stays at the last one found when there is no more", "<ctrl-r>alp<ctrl-r><ctrl-r>", "|alpha()"],
    ["small letters find capitals", "<ctrl-r>gam", "|Gamma()"],
    ["capitals find only capitals", "x<ctrl-r>ALP", "x|"],
    ["backspace widens", "<ctrl-r>alpha(<backspace>", "|alphabet"],
    ["^G gives back the line that was there", "xy<ctrl-r>alp<ctrl-g>", "xy|"],
    ["^C does so too", "xy<ctrl-r>alp<ctrl-c>", "xy|"],
    ["another key takes over what was found", "<ctrl-r>beta<end>;", "beta();|"],
    ["Escape takes it over as it is", "<ctrl-r>beta<escape>!", "!|beta()"],
  ])("%s", (_, played, expected) => {
    expect(after(played, history)).toBe(expected)
  })

  test("Enter runs what was found, and nothing when nothing was", () => {
    expect(play("<ctrl-r>beta<enter>", createEditor(history)).effects).toEqual([{ kind: "submit", text: "beta()" }])
    expect(play("x<ctrl-r>zzz<enter>", createEditor(history)).effects).toEqual([])
  })
})

/** Types, asks with Tab, answers with these names, and plays on. */
function complete(typed: string, names: readonly string[], then = "", typedLength = typed.length): Editor {
  const asked = play(`${typed}<tab>`)
  const request = asked.effects.find((effect) => effect.kind === "complete")!
  const to = request.asked.cursor
  const candidates: Candidates = { from: to - typedLength, to, items: names.map((text) => ({ text })) }
  const answered = step(asked.editor, { kind: "candidates", asked: request.asked, candidates }, continues)
  return play(then, answered.editor).editor
}

describe("completion", () => {
  test.each([
    ["one candidate goes in", "doc", ["document"], "", "document|"],
    ["several go in as far as they agree", "pl", ["planets", "plans"], "", "plan|"],
    ["Tab chooses the first", "pl", ["planets", "plans"], "<tab>", "planets|"],
    ["Tab goes round", "pl", ["planets", "plans"], "<tab><tab><tab>", "planets|"],
    ["Shift-Tab starts from the end", "pl", ["planets", "plans"], "<shift-tab>", "plans|"],
    ["Escape gives back what was typed", "pl", ["planets", "plans"], "<tab><tab><escape>", "plan|"],
    ["Enter takes the choice and does not submit", "pl", ["planets", "plans"], "<tab><enter>.x", "planets.x|"],
    ["typing after a choice goes on behind it", "pl", ["planets", "plans"], "<tab>.", "planets.|"],
    ["undo takes the completion back", "pl", ["planets"], "<ctrl-_>", "pl|"],
    ["none: the line stays", "zz", [], "", "zz|"],
  ])("%s", (_, typed, names, then, expected) => {
    expect(shown(complete(typed, names, then))).toBe(expected)
  })

  test("typing narrows the menu, until nothing fits", () => {
    const narrowed = complete("pl", ["planets", "plans", "plants"], "t")
    expect(narrowed.mode).toMatchObject({ kind: "menu", items: [{ text: "plants" }] })
    expect(play("!", narrowed).editor.mode).toEqual({ kind: "edit" })
  })

  test("what stands behind the cursor stays", () => {
    const asked = play("f(doc)<left><tab>")
    const { asked: buffer } = asked.effects[0] as Extract<EditorEffect, { kind: "complete" }>
    const candidates: Candidates = { from: 2, to: 5, items: [{ text: "document" }] }
    expect(shown(step(asked.editor, { kind: "candidates", asked: buffer, candidates }, continues).editor)).toBe(
      "f(document|)",
    )
  })

  test("an answer that comes after another key is dropped", () => {
    const asked = play("doc<tab>")
    const { asked: buffer } = asked.effects[0] as Extract<EditorEffect, { kind: "complete" }>
    const moved = play("s", asked.editor).editor
    const late = step(
      moved,
      { kind: "candidates", asked: buffer, candidates: { from: 0, to: 3, items: [{ text: "document" }] } },
      continues,
    )
    expect(shown(late.editor)).toBe("docs|")
  })
})
