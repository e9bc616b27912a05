import { describe, expect, test } from "vitest"
import { createVmRuntime } from "../support/vm-runtime.ts"

/** What inputs do, from text to value: the language and the evaluator together, in a global scope of their own. */

/** Types inputs one after the other. Gives each one's value, or the message of what it threw. */
async function session(inputs: readonly string[], runtime = createVmRuntime()): Promise<unknown[]> {
  const answers: unknown[] = []
  for (const input of inputs) {
    answers.push(await runtime.type(input).catch((error: Error) => `${error.name}: ${error.message}`))
  }
  return structuredClone(answers)
}

/** Each input with its answer. */
async function expectSession(steps: readonly (readonly [string, unknown])[]): Promise<void> {
  const answers = await session(steps.map(([input]) => input))
  expect(answers.map((answer, index) => [steps[index]![0], answer])).toEqual(steps)
}

describe("bindings", () => {
  test("of every kind outlive the input", () =>
    expectSession([
      ["let a = 1; const b = 2; var c = 3; class D { x = 4 }; function e() { return 5 }", undefined],
      ["[a, b, c, new D().x, e()]", [1, 2, 3, 4, 5]],
      ["const { f, g: [h] } = { f: 6, g: [7] }", undefined],
      ["[f, h, typeof g]", [6, 7, "undefined"]],
    ]))

  test("are of the global scope itself, which other scripts share", () =>
    expectSession([
      ["let a = 1; var b = 2; function c() {}", undefined],
      ["['a', 'b', 'c'].map((name) => name in globalThis)", [false, true, true]],
      ["(0, eval)('a = 3; a')", 3],
      ["a", 3],
    ]))

  test("that closures caught stay the same when they are declared again", () =>
    expectSession([
      ["let a = 1; const get = () => a", undefined],
      ["let a = 2", undefined],
      ["get()", 2],
    ]))

  test.each([
    ["let", "let", true],
    ["let", "class", true],
    ["const", "const", true],
    ["var", "var", true],
    ["function", "var", true],
    ["let", "const", false],
    ["const", "let", false],
    ["const", "class", false],
    ["let", "var", false],
    ["let", "function", false],
    ["var", "let", false],
    ["function", "class", false],
  ])("%s may be declared again as %s: %s", async (first, second, isFine) => {
    const declare = (kind: string, value: number): string => {
      if (kind === "class") return `class x { static valueOf() { return ${value} } }`
      return kind === "function" ? `function x() { return ${value} }` : `${kind} x = ${value}`
    }
    const [, again] = await session([declare(first, 1), declare(second, 2)])
    expect(again).toBe(isFine ? undefined : "SyntaxError: Identifier 'x' has already been declared")
  })

  test("of an input that is refused are not declared", () =>
    expectSession([
      ["var a = 1", undefined],
      ["let b = 2, a = 3", "SyntaxError: Identifier 'a' has already been declared"],
      ["typeof b", "undefined"],
    ]))

  test("have no value before they are initialised, and may be declared again where that failed", () =>
    expectSession([
      ["const a = 1, b = nope(), c = 3", "ReferenceError: nope is not defined"],
      ["a", 1],
      ["b", "ReferenceError: b is not defined"],
      ["typeof c", "ReferenceError: c is not defined"],
      ["const getB = () => b", undefined],
      ["const b = 2, c = 3", undefined],
      ["[getB(), c]", [2, 3]],
    ]))

  test.each([
    ["let a = a", "a"],
    ["let a = b, b = 1", "b"],
    ["let [a = b, b] = []", "b"],
    ["f(); let a = 1; function f() { return a }", "a"],
    ["g(); let a = 1; function f() { return a } function g() { return f() }", "a"],
    ["[1].map(() => a); const a = 1", "a"],
    ["new A(); class A {}", "A"],
    ["class B { static x = a }; let a = 1", "a"],
    ["a++; let a", "a"],
  ])("cannot be read too early: %s", async (input, name) => {
    expect(await session([input])).toEqual([`ReferenceError: ${name} is not defined`])
  })

  test("leave the text of functions alone where nothing can be read too early", () =>
    expectSession([
      ["let n = 0; const inc = () => ++n; function get() { return n }", undefined],
      ["[String(inc), String(get)]", ["() => ++n", "function get() { return n }"]],
      ["const factorial = (n) => n < 2 ? 1 : n * factorial(n - 1)", undefined],
      ["String(factorial)", "(n) => n < 2 ? 1 : n * factorial(n - 1)"],
    ]))

  test("give their names to functions and classes", () =>
    expectSession([
      ["let f = () => {}, [g = function () {}] = [], { h = class {} } = {}", undefined],
      ["[f.name, g.name, h.name]", ["f", "g", "h"]],
    ]))
})

describe("constants", () => {
  const message = "TypeError: Assignment to constant variable."

  test.each([
    "c = 2",
    "c += 1",
    "c++",
    "--c",
    "[c] = [2]",
    "({ c } = { c: 2 })",
    "({ x: c = 2 } = {})",
    "[...c] = [2]",
    "for (c of [2]);",
    "for (c in { a: 1 });",
    "(() => { c = 2 })()",
    "function f() { c = 2 } f()",
    "new (class { x = (c = 2) })()",
    "c &&= 2",
    "eval('c = 2')",
    "(0, eval)('c = 2')",
    "await (c = 2)",
    "const d = 1; d = 2",
    "const e = await 1; e = 2",
  ])("cannot be assigned: %s", async (input) => {
    expect(await session(["const c = 1", input, "c"])).toEqual([undefined, message, 1])
  })

  test.each([
    ["c ||= 2", 1],
    ["(c => { c = 2; return c })(0)", 2],
    ["{ let c = 2; c = 3; c }", 3],
    ["for (let c of [2]) c = 3", 3],
    ["with ({ c: 2 }) { c = 3 }", 3],
    ["eval('let c = 2; c = 3')", 3],
    ["try { c = 2 } catch (error) { error.name }", "TypeError"],
  ])("do not stand in the way of %s", async (input, value) => {
    expect(await session(["const c = 1", input, "c"])).toEqual([undefined, value, 1])
  })

  test("inside are free", () =>
    expectSession([
      ["const c = {}; c.x = 1", 1],
      ["c", { x: 1 }],
    ]))
})

describe("values", () => {
  test.each<[string, unknown]>([
    ["", undefined],
    ["// nothing", undefined],
    ["1;;", 1],
    ["1; let x = 2", 1],
    ["1; function f() {} class C {}", 1],
    ["if (true) 1; else 2", 1],
    ["1; if (false) 2", undefined],
    ["for (var i = 0; i < 3; i++) i", 2],
    ["1; while (false);", undefined],
    ["do { 2; break } while (true)", 2],
    ["for (const i of [1, 2, 3]) { if (i == 2) { 'two'; break } i }", "two"],
    ["for (const i of [1, 2, 3]) { i; if (i == 2) continue }", undefined],
    ["1; L: { break L }", 1],
    ["L: for (;;) { 2; for (;;) break L }", undefined],
    ["switch (1) { case 1: 'one'; case 2: }", "one"],
    ["1; switch (1) {}", undefined],
    ["try { 1 } finally { 2 }", 1],
    ["try { 1; throw 0 } catch { }", undefined],
    ["do { try { 39 } finally { 42; break } } while (false)", 42],
    ["do { try { 39 } finally { break } } while (false)", undefined],
    ["with ({ a: 4 }) a", 4],
    ["1; { let x = 2 }", 1],
    ["'use strict'", "use strict"],
    ["{ a: 1 }", { a: 1 }],
    ["{}", {}],
    ["{ a: 1 };", 1],
    ["{ a: await 1 }", { a: 1 }],
    ["{ let x = 1; x }", 1],
    ["{ 1 } { 2 }", 2],
    ["var f = 5; { function f() {} } typeof f", "function"],
  ])("%s is %j", async (input, value) => {
    expect(await session([input])).toEqual([value])
  })

  test("that are promises are not awaited unless the input does", async () => {
    const runtime = createVmRuntime()
    const completion = await runtime.complete("await 0; Promise.resolve(1)")
    expect(completion).toMatchObject({
      kind: "value",
      value: expect.toSatisfy((value) => typeof value.then === "function"),
    })
    expect(await runtime.type("await Promise.resolve(1)")).toBe(1)
  })

  test.each(["null", "0", "undefined", "''", "false"])("thrown may be %s", async (value) => {
    const completion = await createVmRuntime().complete(`throw ${value}`)
    expect(completion).toMatchObject({ kind: "thrown", error: await createVmRuntime().type(value) })
  })
})

describe("await at the top level", () => {
  test.each<[string, unknown]>([
    ["(await 1) + await 2", 3],
    ["const { a = await 3 } = {}; a", 3],
    ["for (const x of [1, 2]) await x", 2],
    ["for await (const x of [Promise.resolve(1), 2]) x * 10", 20],
    ["if (await true) { var v = 1; let l = 2; function f() { return v } } f()", 1],
    ["{ const inner = await 1; var outer = inner + 1 } outer", 2],
    ["await 1; this === globalThis", true],
    ["await 1; eval('var e = 2'); globalThis.e", 2],
    ["try { await Promise.reject(1) } catch (e) { e + 1 }", 2],
    ["await using x = { value: 1 }; x.value", 1],
    ["'use strict'; await 1; (function () { return this })()", undefined],
    ["await 1; typeof arguments", "undefined"],
  ])("%s is %j", async (input, value) => {
    expect(await session([input])).toEqual([value])
  })

  test("hides names from other inputs until they have their value", async () => {
    let finish: (value: number) => void
    const slow = new Promise<number>((resolve) => (finish = resolve))
    const runtime = createVmRuntime({ globals: { slow } })
    const waiting = runtime.type("const a = await slow; a + 1")
    expect(await session(["a"], runtime)).toEqual(["ReferenceError: a is not defined"])
    finish!(1)
    expect(await waiting).toBe(2)
    expect(await session(["a"], runtime)).toEqual([1])
  })
})

describe("sloppy mode", () => {
  test.each<[string, unknown]>([
    ["undeclared = 1; globalThis.undeclared", 1],
    ["010", 8],
    ["var x = 1; delete x", false],
    ["eval('var y = 1'); delete y", true],
    ["if (1) function f() { return 1 } f()", 1],
    ["{ function f() { return 1 } f = 2 } typeof f", "function"],
    ["let s = 1; { function s() {} } s", 1],
    ["switch (1) { case 1: function f() { return 3 } } f()", 3],
    ["l: function f() { return 4 } f()", 4],
    ["{ async function f() {} } typeof f", "undefined"],
    ["with ({ a: 1 }) { var b = a } b", 1],
    ["for (var i = 5 in {}); i", 5],
    ["1 <!-- comment", 1],
    ["--> comment\n2", 2],
    ["#!/usr/bin/env node\n3", 3],
  ])("%s is %j", async (input, value) => {
    expect(await session([input])).toEqual([value])
  })

  test("is left by a directive, for one input", () =>
    expectSession([
      [
        "'use strict'; let a = 1; function f() { return this } undeclared = 1",
        "ReferenceError: undeclared is not defined",
      ],
      ["[a, f()]", [1, undefined]],
      ["undeclared = 2", 2],
    ]))
})

describe("modules", () => {
  const make = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`
  const url = make("export default 1; export const named = 2; export { named as 'a name' }")

  test("are imported by statements, before the rest runs", () =>
    expectSession([
      [`late(); import one, { named as two } from "${url}"; function late() { return [one, two] }`, [1, 2]],
      [`import * as all from "${url}"`, undefined],
      ["[one, two, all.named, all['a name']]", [1, 2, 2, 2]],
      ["one = 3", "TypeError: Assignment to constant variable."],
    ]))

  test("that lack a name say so", () =>
    expectSession([
      [
        `import { nope } from "${url}"`,
        `SyntaxError: The requested module '${url}' does not provide an export named 'nope'`,
      ],
    ]))

  test("may be exported from, to nobody", () =>
    expectSession([
      ["export const a = 1; export default a + 1", 2],
      ["export function f() { return a } export { f as g }; f()", 1],
    ]))
})

describe("positions in stacks", () => {
  test.each([
    ["nope", "repl:1:1"],
    ["let x = 1,\n  y = nope", "repl:2:7"],
    ["const z = nope()", "repl:1:11"],
    ["await 1;\n\n  throw new Error('x')", "repl:3:9"],
    ["1; if (true) { 2; throw new Error('x') }", "repl:1:25"],
    ["{ a: 1, b: nope }", "repl:1:12"],
    ["// comment\nfor (const x of [1]) {\n  x.y.z\n}", "repl:3:7"],
    ["const c = 1; [1].map(() => { c = 2 })", "repl:1:32"],
    ["'use strict'; var v = 1; undeclared = 1", "repl:1:37"],
  ])("%j: %s", async (input, position) => {
    const stack = await createVmRuntime().stackOf(input)
    expect(stack.split("\n").find((line) => line.includes("repl"))).toContain(position)
  })

  test("are those of the input in which a function was typed", async () => {
    const runtime = createVmRuntime()
    await runtime.type("let x = 1; function fail() {\n  throw new Error('x')\n}")
    const stack = await runtime.stackOf("let y = 2; fail()")
    expect(stack.split("\n").slice(1)).toEqual(["    at fail (repl-1:2:9)", "    at repl:1:12"])
  })

  test("of checks point to what was checked", async () => {
    const runtime = createVmRuntime()
    await runtime.type("const c = 1")
    const stack = await runtime.stackOf("let y = 1; c = 2")
    expect(stack.split("\n")[1]).toMatch(/at repl:1:1[24]$/)
  })
})

describe("where eval is forbidden", () => {
  test("scripts alone do the same", async () => {
    const inputs = ["1 + 1", "const a = 1", "a = 2", "await a", "{ b: a }", "let b = nope", "b", "if (1) 2"]
    const scripted = await session(inputs, createVmRuntime({ allowsEval: false }))
    expect(scripted).toEqual(await session(inputs))
  })
})

describe("with a loop guard", () => {
  const stopped = "Error: a loop was stopped after 20 ms"

  test.each([
    "for (;;);",
    "while (true) {}",
    "do 1; while (true)",
    "(() => { for (;;) {} })()",
    "function f() { for (;;); } f()",
    "await 1; for (;;) await 2",
    "try { for (;;); } catch { for (;;); }",
  ])("%s ends", async (input) => {
    expect(await session([input], createVmRuntime({ loopLimitMs: 20 }))).toEqual([stopped])
  })

  test("other loops do what they do without", async () => {
    const inputs = ["for (var i = 0; i < 3; i++) i", "for (const x of [1]) { x }", "do { 2 } while (false)", "i"]
    expect(await session(inputs, createVmRuntime({ loopLimitMs: 60_000 }))).toEqual([2, 1, 2, 3])
  })
})
