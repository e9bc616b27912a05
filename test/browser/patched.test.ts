import { readFile } from "node:fs/promises"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest"
import { connectFrontEnd } from "../../src/frontend/index.ts"
import { startBridge } from "../../src/server/index.ts"
import { openBrowser, servePages } from "../support/browser.ts"
import { runtimeIs } from "../support/stage.ts"

/** Pages that have made what they like of the language's own objects, and the client as it is built. */

let browser: Browser

beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

/** Replaces every function of the language that has a name by `replace(original)`. */
const patchAll = (replace: string): string => `(() => {
  const { ownKeys, getOwnPropertyDescriptor, defineProperty, getPrototypeOf, apply } = Reflect
  const replace = ${replace}
  const iterators = [[].values(), new Map().keys(), new Set().keys(), "".matchAll(/x/g)]
  const classes = [String, Array, RegExp, Map, Set, WeakMap, WeakSet, Promise, Function, Object, Symbol, Number, BigInt, Date, Error]
  const prototypes = classes.map(({ prototype }) => prototype)
  const holders = [...classes, ...prototypes, ...iterators.map(getPrototypeOf), JSON, Math, Reflect, console]
  const globals = ["eval", "setTimeout", "clearTimeout", "setInterval", "queueMicrotask", "structuredClone"]
  const all = [
    ...holders.flatMap((holder) => ownKeys(holder).map((key) => [holder, key])),
    ...globals.map((key) => [globalThis, key]),
  ]
  // First all are made: what makes them is among what they replace.
  const changes = []
  for (const [holder, key] of all) {
    const property = getOwnPropertyDescriptor(holder, key)
    if (key === "constructor" || !property.configurable || typeof property.value !== "function") continue
    changes.push({ holder, key, property: { ...property, value: replace(property.value, String(key)) } })
  }
  for (let i = 0; i < changes.length; i++) defineProperty(changes[i].holder, changes[i].key, changes[i].property)
})()`

const throwing = `(original, name) => function () { throw name + " was called" }`
const passing = `(original) => function (...args) {
  return new.target ? Reflect.construct(original, args) : apply(original, this, args)
}`

/** As an old library does it. */
const ownJson = `for (const { prototype } of [Object, Array, String, Number, Boolean]) prototype.toJSON = () => "own"`

/** As libraries do that give objects the methods of lists. */
const ownNames = `for (const name of ["get", "set", "value", "count", "form", "kind", "sites", "more", "root"]) {
  Object.prototype[name] = function () {}
}`

async function open({ before = "", after = "" }: { readonly before?: string; readonly after?: string }) {
  const clientScript = await readFile(new URL("../../dist/client.js", import.meta.url), "utf8")
  const bridge = await startBridge({ port: 0, clientScript })
  onTestFinished(() => bridge.stop())
  const frontEnd = await connectFrontEnd({ bridge, name: "test" })
  const client = `<script src="${bridge.url}/client.js"></script>`
  const pages = await servePages({
    "/": `<!doctype html><title>patched</title><body><script>${before}</script>${client}<script>${after}</script>`,
  })
  onTestFinished(() => pages.close())
  const page = await browser.newPage()
  onTestFinished(() => page.close())
  await page.goto(`${pages.origin}/`)
  await runtimeIs(frontEnd, "ready")
  return { frontEnd, page }
}

const inputs: readonly (readonly [code: string, outcome: object])[] = [
  ["1 + 1", { outcome: "value", result: { value: 2 } }],
  ["({ a: [1, { b: ['x'] }], c() {} })", { outcome: "value", result: { preview: { kind: "object" } } }],
  ["const x = 1; x", { outcome: "value", result: { value: 1 } }],
  ["let y = x + 1", { outcome: "value", result: { type: "undefined" } }],
  ["y = await (y + 1)", { outcome: "value", result: { value: 3 } }],
  ["_ + y", { outcome: "value", result: { value: 6 } }],
  ["class A { b = 1 }\nnew A", { outcome: "value", result: { className: "A" } }],
  ["null.x", { outcome: "thrown", result: { name: "TypeError", stack: expect.stringContaining("repl:1:6") } }],
  ["throw 'text'", { outcome: "thrown", result: { exception: { value: "text" } } }],
  ["document.body", { outcome: "value", result: { subtype: "node" } }],
  ["window", { outcome: "value", result: { className: "Window" } }],
]

test.each([
  ["every method by one that throws, after us", { after: patchAll(throwing) }],
  ["every method by one that passes it on, before us", { before: patchAll(passing) }],
  [
    "Promise, JSON and the timers by none, after us",
    { after: "Promise = JSON = setTimeout = queueMicrotask = Map = Set = Array = Object = String = undefined" },
  ],
  [
    "what every object inherits",
    { before: 'Object.prototype.extra = Array.prototype.extra = String.prototype.extra = "inherited"' },
  ],
  ["nothing, but JSON of everything is its own, before us", { before: ownJson }],
  ["nothing, but JSON of everything is its own, after us", { after: ownJson }],
  ["nothing, but every object inherits what descriptors and messages are made of, before us", { before: ownNames }],
  ["nothing, but every object inherits what descriptors and messages are made of, after us", { after: ownNames }],
  ["nothing, but every object looks like a promise, after us", { after: "Object.prototype.then = () => {}" }],
])("where a page has replaced %s, evals answer", async (_, scripts) => {
  const { frontEnd } = await open(scripts)
  for (const [code, outcome] of inputs) {
    expect({ code, ...(await frontEnd.evaluate(code)) }).toMatchObject({ code, ...outcome })
  }
  expect((await frontEnd.complete(["document"], "quer")).names).toContain("querySelector")
  expect(await frontEnd.look(["document", "title"])).toMatchObject({ value: "patched" })
})
