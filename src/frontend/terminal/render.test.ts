import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { columnsOf } from "./cells.ts"
import { createEditor, type Editor } from "./editor-state.ts"
import { render, renderSubmitted, type Frame, type Size, type View } from "./render.ts"
import { plainStyle, type Style } from "./style.ts"

const editorWith = (text: string, cursor = text.length): Editor => ({ ...createEditor([]), buffer: { text, cursor } })

const viewOf = (editor: Editor, parts: Partial<View> = {}): View => ({
  editor,
  prompt: "shop › ",
  isReady: true,
  status: undefined,
  ...parts,
})

const wide: Size = { columns: 40, rows: 20 }

/** The rows as a terminal shows them, with a block where the cursor is. */
function screenOf({ rows, cursor }: Frame): string {
  return rows
    .map(({ text }, row) => {
      if (row !== cursor.row) return text
      let at = 0
      let columns = 0
      while (columns < cursor.column && at < text.length) columns += columnsOf(text[at++]!)
      return `${text.slice(0, at)}█${text.slice(at)}`
    })
    .join("\n")
}

const draw = (view: View, size: Size = wide): string => screenOf(render(view, size, plainStyle))

describe("the text being typed", () => {
  test("stands behind the prompt", () => {
    expect(draw(viewOf(editorWith("1 + 1", 2)))).toBe("shop › 1 █+ 1")
  })

  test("later lines stand under the first", () => {
    expect(draw(viewOf(editorWith("if (x) {\n  y\n}", 12)))).toBe("shop › if (x) {\n     …   y█\n     … }")
  })

  test("behind a prompt that takes much of the window they start at its left", () => {
    const view = viewOf(editorWith("a {\nb"), { prompt: "chrome·shop (away) › " })
    expect(draw(view)).toBe("chrome·shop (away) › a {\n… b█")
  })

  test("a line that is too long goes on in the next row", () => {
    const text = "x".repeat(50)
    expect(draw(viewOf(editorWith(text)))).toBe(`shop › ${"x".repeat(33)}\n${"x".repeat(17)}█`)
  })

  test("behind a row that is just full the cursor stands in the next", () => {
    expect(draw(viewOf(editorWith("x".repeat(33))))).toBe(`shop › ${"x".repeat(33)}\n█`)
  })

  test("a wide character that does not fit goes to the next row whole, and the cursor with it", () => {
    const text = `${"x".repeat(32)}語y`
    expect(draw(viewOf(editorWith(text)))).toBe(`shop › ${"x".repeat(32)}\n語y█`)
    expect(render(viewOf(editorWith(text, 32)), wide, plainStyle).cursor).toEqual({ row: 1, column: 0 })
  })

  test("wide characters take two columns", () => {
    expect(render(viewOf(editorWith("日本👍")), wide, plainStyle).cursor).toEqual({ row: 0, column: 13 })
  })

  test("what a terminal would obey or hide is shown, not done", () => {
    expect(draw(viewOf(editorWith("a\x1b[2J\u202eb\tc")))).toBe("shop › a\\x1B[2J\\u202Eb  c█")
  })

  test("of a text higher than the window the rows around the cursor are shown", () => {
    const text = Array.from({ length: 500 }, (_, line) => `line ${line}`).join("\n")
    const size = { columns: 40, rows: 4 }
    expect(draw(viewOf(editorWith(text, 0)), size)).toBe("shop › █line 0\n     … line 1\n     … line 2\n     … line 3")
    expect(draw(viewOf(editorWith(text, text.indexOf("line 250"))), size)).toBe(
      "     … line 247\n     … line 248\n     … line 249\n     … █line 250",
    )
  })
})

describe("around the text", () => {
  test("what is waited for stands above the prompt", () => {
    expect(draw(viewOf(editorWith("next"), { status: "running 3 s · ^C cancels" }))).toBe(
      "running 3 s · ^C cancels\nshop › next█",
    )
  })

  test("a block says how it ends", () => {
    expect(draw(viewOf({ ...editorWith("a\nb"), isBlock: true }))).toBe(
      "a block: ^D runs it, ^C drops it\nshop › a\n     … b█",
    )
  })

  test("a search shows what was found, and the cursor behind the query", () => {
    const mode = { kind: "search", query: "lph", found: 0, missed: false, before: editorWith("").buffer } as const
    const view = viewOf({ ...editorWith("alpha()", 1), mode })
    expect(draw(view)).toBe("shop › alpha()\nsearch history: lph█")
    const marked: Style = { ...plainStyle, chosen: (text) => `[${text}]` }
    expect(render(view, wide, marked).rows[0]!.text).toBe("shop › a[lph]a()")
  })

  test("a search that found nothing says so", () => {
    const mode = { kind: "search", query: "zz", found: undefined, missed: true, before: editorWith("").buffer } as const
    expect(draw(viewOf({ ...editorWith(""), mode }))).toBe("shop › \nnot in history: zz█")
  })

  test("the menu fills rows from left to right and says how many are left", () => {
    const items = Array.from({ length: 30 }, (_, index) => ({ text: `item${index}` }))
    const mode = { kind: "menu", items, chosen: undefined, from: 0, typed: "item" } as const
    expect(draw(viewOf({ ...editorWith("item"), mode }))).toBe(
      [
        "shop › item█",
        "item0   item1   item2   item3   item4   ",
        "item5   item6   item7   item8   item9   ",
        "item10  item11  item12  item13  item14  ",
        "item15  item16  item17  item18  item19  ",
        "item20  item21  item22  item23  item24  ",
        "item25  item26  item27  item28  item29  ",
      ].join("\n"),
    )
    const small = render(viewOf({ ...editorWith("item"), mode }), { columns: 40, rows: 5 }, plainStyle)
    expect(small.rows.at(-1)!.text).toBe("… 20 more")
    const marked: Style = { ...plainStyle, chosen: (text) => `[${text}]` }
    const chosen = render(viewOf({ ...editorWith("item7"), mode: { ...mode, chosen: 7 } }), wide, marked)
    expect(chosen.rows[2]!.text).toContain("item6   [item7]   item8")
  })

  test("a candidate wider than the window is cut", () => {
    const items = [{ text: "a".repeat(60) }, { text: "b" }]
    const mode = { kind: "menu", items, chosen: undefined, from: 0, typed: "" } as const
    expect(draw(viewOf({ ...editorWith(""), mode }))).toBe(`shop › █\n${"a".repeat(37)}…  \nb${" ".repeat(39)}`)
  })
})

const tagged = (tag: string) => (text: string) => `<${tag} ${text}>`

describe("colours", () => {
  const style: Style = {
    ...plainStyle,
    keyword: tagged("k"),
    string: tagged("s"),
    prompt: tagged("p"),
    warning: tagged("w"),
  }

  test("are those of the code, kept over the end of a row", () => {
    const { rows } = render(viewOf(editorWith('let a = "bcdefgh"')), { columns: 16, rows: 9 }, style)
    expect(rows.map(({ text }) => text)).toEqual(['<p shop › ><k let> a = <s ">', '<s bcdefgh">'])
    expect(rows.map(({ columns }) => columns)).toEqual([16, 8])
  })

  test("the prompt warns where an input would have to wait", () => {
    expect(render(viewOf(editorWith(""), { isReady: false }), wide, style).rows[0]!.text).toBe("<w shop › >")
  })
})

test("a submitted text is shown whole, however long", () => {
  const text = Array.from({ length: 100 }, (_, line) => `${line}`).join("\n")
  expect(renderSubmitted(viewOf(editorWith(text, 0)), { columns: 40, rows: 5 }, plainStyle)).toHaveLength(100)
})

test("whatever is typed, no row is wider than the window and the cursor is inside it", () => {
  const text = fc.array(fc.constantFrom(...'ab("`/ \n\t日é👍'.split(""), "\u202e", "\x07", "👨‍👩‍👧"), { maxLength: 120 })
  fc.assert(
    fc.property(
      text,
      fc.nat(),
      fc.integer({ min: 8, max: 60 }),
      fc.integer({ min: 4, max: 12 }),
      (parts, at, columns, rows) => {
        const cursor = parts.slice(0, at % (parts.length + 1)).join("").length
        const frame = render(
          viewOf(editorWith(parts.join(""), cursor), { status: "running" }),
          { columns, rows },
          plainStyle,
        )
        expect(frame.rows.length).toBeLessThanOrEqual(rows)
        for (const row of frame.rows) expect(row.columns).toBeLessThanOrEqual(columns)
        expect(frame.cursor.row).toBeLessThan(frame.rows.length)
        expect(frame.cursor.column).toBeLessThan(columns)
        const shown = frame.rows[frame.cursor.row]!
        expect(frame.cursor.column).toBeLessThanOrEqual(shown.columns)
      },
    ),
    { numRuns: 300 },
  )
})
