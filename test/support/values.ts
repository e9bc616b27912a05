/** Values that are hard to show: code that makes each, and what a terminal must show of it, in every realm. */
export interface Sample {
  readonly code: string
  readonly shown: string
}

const samples = (text: string): string[] => text.trim().split("\n")

export const everywhere = samples(String.raw`
undefined
null
true
0
-0
NaN
-Infinity
1e21
12345678901234567890n
""
"it's"
"it's \"quoted\""
'${"`"} \' "'
"a\nb\tc\\d"
"\x1b[31mred\u202e\u200b"
"\ud83d"
"👩‍💻"
"x".repeat(10050)
Symbol()
Symbol("a b")
Symbol.for("reg")
Symbol.iterator
{}
{ a: 1, b: "two", c: null, d: undefined, e: true }
{ "not an identifier": 1, "1a": 2, 7: 3, "": 4, "[Symbol(x)]": 5 }
{ [Symbol("key")]: 1, [Symbol()]: 2 }
{ get a() { return 1 } }
{ set a(v) {} }
{ get a() { return 1 }, set a(v) {} }
{ __proto__: null }
{ __proto__: null, a: 1 }
{ ["__proto__"]: 1 }
{ a: { b: { c: {} } } }
{ a: { b: { c: { d: 1 } } } }
{ toString() { throw 1 }, toJSON() { throw 2 }, valueOf() { throw 3 } }
Object.create({ inherited: 1 })
Object.defineProperty({}, "hidden", { value: 1 })
Object.freeze({ a: 1 })
(() => { const o = { name: "o" }; o.self = o; return o })()
(() => { const a = [1]; a.push(a, { a }); return a })()
(() => { const a = {}, b = { a }; a.b = b; return { a, b } })()
(() => { const shared = { x: 1 }; return [shared, shared] })()
[]
[1, 2, 3]
[1, , 3, , ,]
new Array(3)
[[], [[]], [[[]]], [[[[]]]]]
[[1, [2, [3, [4]]]]]
Array.from({ length: 101 }, (_, i) => i)
Array.from({ length: 26 }, (_, i) => "item " + "x".repeat(i % 5))
Array.from({ length: 12000 }, (_, i) => i)
Object.assign([1, 2], { extra: true, "-1": 0 })
Object.assign(Array(4294967295), { 2: "far" })
(class Stack extends Array {}).of(1, 2)
(function () { return arguments })(1, "two")
(function () { "use strict"; return arguments })()
new Map()
new Map([["a", 1], [{ k: 1 }, [2]]])
new Map([[new Map(), new Map([[1, new Map([[2, 3]])]])]])
(class Registry extends Map {}).prototype.constructor && new (class Registry extends Map {})([[1, 2]])
(() => { const m = new Map(); m.set("me", m); return m })()
Object.assign(new Map([[1, 2]]), { extra: 1 })
new Set()
new Set([1, "2", { three: 3 }])
new Set(Array.from({ length: 150 }, (_, i) => i))
new WeakMap()
new WeakSet()
new Map([[1, 2]]).entries()
[1, 2][Symbol.iterator]()
(function* () { yield 1 })()
Promise.resolve(1)
Promise.reject(new Error("handled")).catch(() => {}) && new (class Task extends Promise {})(() => {})
new Date(0)
new Date(NaN)
/a\/b/gi
/./dgimsuy
Object.assign(/x/, { lastIndex: 3, note: "n" })
new Number(-0)
new String("boxed")
Object.assign(new String("ab"), { extra: 1 })
new Boolean(false)
Object(Symbol("s"))
Object(1n)
function named(a, b) {}
() => {}
(() => function () {})()
async function later() {}
function* counter() {}
async function* stream() {}
class A {}
class B extends Array { static shared = 1 }
(() => class {})()
(() => class extends Map {})()
Object.assign(function f() {}, { a: 1 })
(function f() {}).bind(null)
Math.max
new (class Point { x = 1; #secret = 2; get sum() { throw 1 } })()
new (class { x = 1 })()
new (class Tagged { get [Symbol.toStringTag]() { throw 1 } })()
Object.assign(Object.create({ constructor: undefined }), { a: 1 })
{ [Symbol.toStringTag]: "mine", a: 1 }
(class Foo { static s = 1 }).prototype
Math
JSON
new Uint8Array([1, 2, 255])
new Float64Array([0.5, -0, NaN])
new BigInt64Array(2)
new Uint8Array(1000)
new ArrayBuffer(4)
new DataView(new ArrayBuffer(8), 2)
new Proxy({ a: 1 }, {})
new Proxy([1, 2], {})
new Proxy(function f() {}, {})
new Proxy({}, { getPrototypeOf() { throw 1 } })
new Proxy({}, { ownKeys() { throw 1 } })
new Proxy({ a: 1 }, { get() { throw 1 }, has() { throw 2 } })
(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy })()
{ inner: (() => { const { proxy, revoke } = Proxy.revocable([], {}); revoke(); return proxy })() }
{ long: "word ".repeat(30), other: 1 }
{ lines: "first line of a text\nsecond line of a text, which is longer\nthird line of the text" }
{ first: "a".repeat(30), second: "b".repeat(30), third: 3 }
{ list: [{ id: 1, name: "one" }, { id: 2, name: "two" }], total: 2 }
Object.fromEntries(Array.from({ length: 103 }, (_, i) => ["k" + i, i]))
{ [String.fromCharCode(27) + "[2J"]: 1, "a\nb": 2 }
{ deep: (() => { let o = {}; for (let i = 0; i < 1000; i++) o = { o }; return o })() }
`)
