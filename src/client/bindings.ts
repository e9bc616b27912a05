import type { Said, ToRuntime } from "../protocol/index.ts"
import type { Shifts } from "./positions.ts"
import { define, match } from "./reading.ts"

/** What the bridge tells about the code, see `Prepared` in src/language; nothing about code as it was typed. */
export type EvalHeader = Omit<Said<ToRuntime, "eval">, "op" | "id" | "frontEnd">

/** The names that inputs declared. Their `let` is real; which are constants, and which have no value yet, is known here only. */
export interface Bindings {
  /** All that were declared. */
  readonly names: readonly string[]
  /** What `__repl.n` is: names as properties that throw where the name itself should, but does not. */
  readonly checked: object
  /** A name that the header declares although it is there as another kind. */
  clash(header: EvalHeader): string | undefined
  /** The names that the header declares and that are not there yet. */
  fresh(header: EvalHeader): readonly string[]
  /** They are there now, without a value. */
  add(header: EvalHeader): void
  /** Takes how the value of a name is had and given. */
  access(name: string, get: () => unknown, set: (value: unknown) => void): void
  /** They have their value from now on. */
  markReady(...names: readonly string[]): void
  /** Makes the code ask `__repl.n` for the names that need it, and tells how positions moved. */
  patch(code: string, header: EvalHeader, importsNeedHelp: boolean): { readonly text: string; readonly shifts: Shifts }
}

interface Binding {
  readonly isConst: boolean
  isReady: boolean
}

interface Access {
  readonly get: () => unknown
  readonly set: (value: unknown) => void
}

/** What prepared code does at a site; src/language has the same numbers. */
const call = 1
const write = 2
const shorthand = 4

const { create, keys } = Object
const { ReferenceError, TypeError } = globalThis
const { captureStackTrace } = Error as { captureStackTrace?: (error: Error, from: object) => void }

/** Throws, as if from where the accessor was used. */
function fail(error: Error, accessor: object): never {
  captureStackTrace?.(error, accessor)
  throw error
}

export function createBindings(): Bindings {
  const bindings = create(null) as Record<string, Binding | undefined>
  const accesses = create(null) as Record<string, Access>
  const checked = create(null) as object

  // Arrays are read and filled by index throughout: the page may have changed what they can do.
  function forEach({ lets = [], consts = [] }: EvalHeader, visit: (name: string, isConst: boolean) => void): void {
    for (let i = 0; i < lets.length; i++) visit(lets[i]!, false)
    for (let i = 0; i < consts.length; i++) visit(consts[i]!, true)
  }

  function watch(name: string, isConst: boolean): void {
    const binding = (bindings[name] = { isConst, isReady: false })
    const get = (): unknown => reachReady(get).get()
    const set = (value: unknown): void => {
      if (isConst) fail(new TypeError("Assignment to constant variable."), set)
      reachReady(set).set(value)
    }
    const reachReady = (accessor: object): Access => {
      if (!binding.isReady) fail(new ReferenceError(`${name} is not defined`), accessor)
      return accesses[name]!
    }
    define(checked, name, { get, set })
  }

  return {
    get names() {
      return keys(bindings)
    },

    checked,

    clash(header) {
      let found: string | undefined
      forEach(header, (name, isConst) => {
        if (bindings[name] && bindings[name].isConst !== isConst) found ??= name
      })
      return found
    },

    fresh(header) {
      const names: string[] = []
      forEach(header, (name) => {
        if (!bindings[name]) names[names.length] = name
      })
      return names
    },

    add(header) {
      forEach(header, (name, isConst) => {
        if (!bindings[name]) watch(name, isConst)
      })
    },

    access(name, get, set) {
      accesses[name] = { get, set }
    },

    markReady(...names) {
      for (let i = 0; i < names.length; i++) bindings[names[i]!]!.isReady = true
    },

    patch(code, header, importsNeedHelp) {
      const own = create(null) as Record<string, boolean | undefined>
      forEach(header, (name, isConst) => (own[name] = isConst))
      const needsHelp = (name: string, done: number): boolean | undefined => {
        // The bridge saw to what this input itself may read too early.
        if (name in own) return done === write && own[name]
        const binding = bindings[name]
        if (binding) return !binding.isReady || (done === write && binding.isConst)
        return name === "import" && importsNeedHelp
      }

      const { sites = [] } = header
      const identifier = /[\p{ID_Continue}$\u200c\u200d]+/uy
      const shifts: number[] = []
      let text = ""
      let from = 0
      let at = 0
      const put = (more: string): void => {
        text += more
        const lines = text.split(/\r\n?|[\n\u2028\u2029]/)
        const line = lines.length
        const { length } = shifts
        shifts[length] = line
        shifts[length + 1] = lines[line - 1]!.length + 1
        shifts[length + 2] = (shifts[length - 3] === line ? shifts[length - 1]! : 0) + more.length
      }
      for (let i = 0; i < sites.length; i++) {
        const site = sites[i]!
        at += site >> 3
        identifier.lastIndex = at
        const name = match(identifier, code)![0]
        const done = site & 3
        if (!needsHelp(name, done)) continue
        text += code.slice(from, at)
        put(`${site & shorthand ? `${name}:` : ""}${done === call ? "(0," : ""}__repl.n.`)
        text += name
        if (done === call) put(")")
        from = at + name.length
      }
      return { text: text + code.slice(from), shifts }
    },
  }
}
