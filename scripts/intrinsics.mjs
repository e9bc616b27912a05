// Makes the client use the intrinsics that were there at load, whatever the page makes of their methods later.
import { parse } from "../dist/language/parse.js"

/** What stands before the client. A value with another prototype than these has its own methods. */
const prelude = `const { apply: $apply, getPrototypeOf: $protoOf, setPrototypeOf: $setProto, ownKeys: $keys, getOwnPropertyDescriptor: $own, defineProperty: $define } = Reflect
const $Object = Object, $iterator = Symbol.iterator
const $copy = (from) => {
  const to = { __proto__: null }
  const keys = $keys(from)
  for (let i = 0; i < keys.length; i++) $define(to, keys[i], { __proto__: null, ...$own(from, keys[i]) })
  return to
}
const $arrays = Array.prototype, $strings = String.prototype, $maps = Map.prototype, $sets = Set.prototype, $promises = Promise.prototype
const $array = $copy($arrays), $string = $copy($strings), $map = $copy($maps), $set = $copy($sets), $promise = $copy($promises), $regexp = $copy(RegExp.prototype)
const $iterators = [$protoOf([].values()), $protoOf(new Map().keys()), $protoOf(new Set().keys())], $nexts = [$iterators[0].next, $iterators[1].next, $iterators[2].next]
const $methods = (value) => {
  const proto = $protoOf($Object(value))
  return proto === $arrays ? $array : proto === $strings ? $string : proto === $maps ? $map : proto === $sets ? $set : proto === $promises ? $promise : value
}
const $call = (value, key, ...args) => $apply($methods(value)[key], value, args)
const $of = (value) => {
  const iterator = $iterators[0] === $protoOf(value) || $iterators[1] === $protoOf(value) || $iterators[2] === $protoOf(value) ? value : $apply($methods(value)[$iterator], value, [])
  const proto = $protoOf(iterator)
  const next = proto === $iterators[0] ? $nexts[0] : proto === $iterators[1] ? $nexts[1] : proto === $iterators[2] ? $nexts[2] : iterator.next
  return { __proto__: null, [$iterator]() { return this }, next: () => $apply(next, iterator, []) }
}
const $re = (regexp) => ($setProto(regexp, $regexp), regexp)
`

const holders = ["Array", "Date", "JSON", "Math", "Number", "Object", "Promise", "Reflect", "String"]
const methods = new Set(
  [Array, String, Map, Set, Promise].flatMap(({ prototype }) =>
    Object.getOwnPropertyNames(prototype).filter((name) => name !== "constructor" && name !== "toString"),
  ),
)

/** Wrapped as soon as the node that they are part of is met. */
const iterated = {
  ForOfStatement: ({ right }) => right,
  SpreadElement: ({ argument }) => argument,
  VariableDeclarator: ({ id, init }) => (id.type === "ArrayPattern" ? init : undefined),
  AssignmentExpression: ({ left, right }) => (left.type === "ArrayPattern" ? right : undefined),
}

/**
 * Methods of arrays, strings, maps, sets and promises, static methods, iteration
 * and regular expressions become those of the load.
 *
 * @param {string} code
 * @returns {string}
 */
export function takeIntrinsics(code) {
  /** @type {Set<string>} */
  const statics = new Set()
  const wrapped = new Set()

  function render(node) {
    const isInObject = node.type === "ObjectExpression"
    if (isInObject) for (const property of node.properties) property.isInObject = true
    const source = node.isInObject ? undefined : iterated[node.type]?.(node)
    if (source) wrapped.add(source)
    const text = (node.type === "CallExpression" && renderCall(node)) || renderParts(node)
    if (node.type === "Literal" && node.regex) return `$re(${text})`
    return wrapped.has(node) ? `$of(${text})` : text
  }

  function renderCall({ callee, arguments: args, optional }) {
    if (callee.type !== "MemberExpression" || callee.computed || callee.optional || optional) return undefined
    const { object, property } = callee
    if (object.type === "Identifier" && holders.includes(object.name)) {
      const name = `$${object.name}_${property.name}`
      statics.add(`${name} = ${object.name}.${property.name}?.bind(${object.name})`)
      return `${name}(${args.map(renderPart).join(", ")})`
    }
    if (object.type === "Super" || !methods.has(property.name)) return undefined
    return `$call(${[renderPart(object), `"${property.name}"`, ...args.map(renderPart)].join(", ")})`
  }

  function renderPart(node) {
    return node.type === "SequenceExpression" ? `(${render(node)})` : render(node)
  }

  function renderParts(node) {
    let text = ""
    let at = node.start
    for (const part of partsOf(node)) {
      // A shorthand property is its own value.
      if (part.start < at) continue
      text += code.slice(at, part.start) + render(part)
      at = part.end
    }
    return text + code.slice(at, node.end)
  }

  const program = parse(code)
  if (program.type !== "Program") throw new Error(`the client does not parse: ${program.message}`)
  const text = render(program)
  return `${prelude}const ${[...statics].sort().join(", ")};\n${text}`
}

function partsOf(node) {
  return Object.values(node)
    .flat()
    .filter((value) => typeof value?.type === "string")
    .sort((one, other) => one.start - other.start)
}
