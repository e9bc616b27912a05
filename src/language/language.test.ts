import { describe, expect, test, vi } from "vitest"
import { createPrepare } from "./language.ts"

const prepare = createPrepare()

/** What the runtime is told beside the code. */
function headerOf(code: string): object {
  const preparation = prepare(code)
  if (preparation.kind === "refused") throw new Error(preparation.result.message)
  return preparation.header
}

describe("what is prepared", () => {
  test("a simple expression stays as it is", () => {
    expect(prepare("document.title // now")).toEqual({
      kind: "ready",
      code: "document.title",
      header: { form: "value", sites: [0] },
    })
  })

  test("an object in braces becomes an expression, and tells that it moved", () => {
    expect(prepare("{ a: 1 }")).toEqual({
      kind: "ready",
      code: "({ a: 1 })",
      header: { form: "value", shifts: [1, 2, 1] },
    })
  })

  test.each([
    ["1; 2", { form: "sync" }],
    ["await 1", { form: "async" }],
    ["let a = 1; class B {}", { form: "sync", asScript: true, lets: ["a", "B"] }],
    ["const { a, b: [c] } = {}", { form: "sync", asScript: true, consts: ["a", "c"] }],
    ["var a", { form: "sync", asScript: true, vars: ["a"] }],
    ["import a from 'b'", { form: "async", asScript: true, consts: ["a"] }],
    ["import('b')", { form: "value", asScript: true }],
    ["() => import('b')", { form: "value", asScript: true }],
    ["new Function('1')", { form: "value", asScript: true }],
  ])("%s goes as %j", (code, header) => {
    const { sites: _, shifts: __, ...rest } = headerOf(code) as { sites?: unknown; shifts?: unknown }
    expect(rest).toEqual(header)
  })

  test.each([
    // 8 × the distance from the site before, and what is done: 0 read, 1 call, 2 write, 3 typeof, + 4 shorthand.
    ["a", [0]],
    ["a(b)", [1, 2 * 8]],
    ["a = b", [2, 4 * 8]],
    ["a.b.c(d)", [0, 6 * 8]],
    ["({ a })", [3 * 8 + 4]],
    ["[a] = b", [1 * 8 + 2, 5 * 8]],
    ["({ a } = b)", [3 * 8 + 6, 6 * 8]],
    ["typeof a", [7 * 8 + 3]],
    ["(a) => a + b", [11 * 8]],
    ["(function f(a) { var b; return f(a, b, c) })", [39 * 8]],
    ["class { #a; static b = c; d() { return this.#a } }", undefined],
    ["(class A { static b = A; c = d })", [29 * 8]],
    ["eval('a')", [6 * 8]],
    ["import(a)", [1, 7 * 8]],
  ])("%s tells where it uses the page's names: %j", (code, sites) => {
    if (sites === undefined) expect(prepare(code).kind).toBe("refused")
    else expect(headerOf(code)).toMatchObject({ sites })
  })

  test("every text that parses is prepared, however deep", () => {
    for (const code of [
      "(".repeat(500) + ")".repeat(500),
      `${"1+".repeat(3000)}1`,
      "[".repeat(800) + "]".repeat(800),
    ]) {
      expect(["ready", "refused"]).toContain(prepare(code).kind)
    }
  })
})

describe("what is refused", () => {
  test("says why and where, as the engine does", () => {
    const checkSyntax = vi.fn(() => ({ message: "Unexpected identifier 'y'", line: 1, column: 3 }))
    expect(createPrepare({ checkSyntax })("x y")).toEqual({
      kind: "refused",
      result: { name: "SyntaxError", message: "Unexpected identifier 'y'", line: 1, column: 3 },
    })
  })

  test("says so when it only ends too early", () => {
    const checkSyntax = () => ({ message: "Unexpected end of input", line: 1, column: 9 })
    expect(createPrepare({ checkSyntax })("let x = ")).toMatchObject({ result: { incomplete: true } })
    expect(prepare("let x = ")).toMatchObject({ result: { message: "Unexpected end of input", incomplete: true } })
  })

  test("is told in the parser's words where the engine misses the point", () => {
    const checkSyntax = () => ({ message: "Cannot use import statement outside a module", line: 1, column: 1 })
    expect(createPrepare({ checkSyntax })("import a from 'b'; let 1")).toEqual({
      kind: "refused",
      result: { name: "SyntaxError", message: "Unexpected token", line: 1, column: 24 },
    })
  })

  test.each([
    "let await = 1",
    "import.meta.url",
    "{ import a from 'b' }",
    "function await() {}",
    "return 1",
    "super.x",
  ])("%s is refused although parsers differ about it", (code) => {
    expect(prepare(code).kind).toBe("refused")
  })

  test("what the engine alone accepts goes as it was typed", () => {
    expect(createPrepare({ checkSyntax: () => undefined })("f() = 1")).toEqual({
      kind: "ready",
      code: "f() = 1",
      header: {},
    })
  })
})

describe("TypeScript", () => {
  const checkSyntax = () => ({ message: "Unexpected token ':'", line: 1, column: 6 })

  test("is tried only where the text is no JavaScript", () => {
    const eraseTypes = vi.fn(() => "let n = 1")
    const prepareTyped = createPrepare({ checkSyntax, eraseTypes })
    expect(prepareTyped("a < b > (c)")).toMatchObject({ header: { form: "value" } })
    expect(eraseTypes).not.toHaveBeenCalled()
    expect(prepareTyped("let n: number = 1")).toMatchObject({ header: { lets: ["n"] } })
  })

  test("in braces is an object where it can be one", () => {
    const eraseTypes = (code: string) => code.replace(" as number", "")
    const prepareTyped = createPrepare({ checkSyntax, eraseTypes })
    expect(prepareTyped("{a: 1 as number}")).toMatchObject({ code: "({a: 1})", header: { form: "value" } })
    expect(prepareTyped("{a:1})({b:1}").kind).toBe("refused")
  })

  test("that is none is refused for what it is as JavaScript", () => {
    const prepareTyped = createPrepare({ checkSyntax, eraseTypes: () => undefined })
    expect(prepareTyped("let :")).toMatchObject({ kind: "refused", result: { message: "Unexpected token ':'" } })
  })
})

test("an input is prepared once, as long as it is of late", () => {
  const checkSyntax = vi.fn(() => ({ message: "no", line: 1, column: 1 }))
  const remembering = createPrepare({ checkSyntax })
  remembering("x y")
  remembering("x y")
  expect(checkSyntax).toHaveBeenCalledTimes(1)
  for (let other = 0; other < 500; other++) remembering(`${other}`)
  remembering("x y")
  expect(checkSyntax).toHaveBeenCalledTimes(2)
})
