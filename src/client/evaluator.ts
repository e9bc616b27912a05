import type { Refused } from "../protocol/index.ts"
import { createBindings, type EvalHeader } from "./bindings.ts"
import { createRestorer } from "./positions.ts"
import { bare, define } from "./reading.ts"
import { beside, findWays, named, type Scripts, type Serve } from "./scripts.ts"

/** How an input ended here, before its value is described. */
export type Completion =
  | { readonly kind: "value"; readonly value: unknown }
  /** `source` is what stacks call the input. */
  | { readonly kind: "thrown"; readonly error: unknown; readonly source: string }
  | { readonly kind: "refused"; readonly result: Refused }

export interface Evaluator {
  /** Runs an input once, as the eval of this id. Never rejects; a promise that the input did not await is a value like any other. */
  evaluate(code: string, header: EvalHeader, id?: string): Promise<Completion>
  /**
   * Takes the positions in a stack to where they are in what the user typed, and
   * cuts off what is ours, below the input that `source` names.
   */
  restorePositions(stack: string, source?: string): string
  /** The id of the eval whose own code is on the stack; code that it left to run later is nobody's. */
  readonly current: string | undefined
  /** The names that inputs declared with `let`, `const`, `class` or `import`. */
  readonly declared: readonly string[]
  /** The value of an expression in the global scope. Throws what it throws. */
  read(expression: string): unknown
}

export interface EvaluatorParts {
  /** @defaultValue the `eval` that was there at load */
  readonly evalGlobally?: (text: string) => unknown
  /** @defaultValue what the surroundings have */
  readonly scripts?: Scripts | undefined
  /** For pages whose policy allows no scripts but those of the bridge. @defaultValue there is no such way */
  readonly serve?: Serve
  /** The global object that both of these work on. @defaultValue this one's own */
  readonly scope?: typeof globalThis
}

/** What the function that an input becomes is called with. */
interface Box {
  /** Takes the value of the input. */
  v: unknown
  readonly g: typeof globalThis
  /** Hears which names have their value from now on. */
  readonly i: (...names: readonly string[]) => void
}

/** An input that is ready to run; `run` returns its value where it is an expression. */
interface Placed {
  readonly source: string
  readonly run: (box: Box) => unknown
}

const {
  eval: evalAtLoad,
  Promise,
  document,
  location,
  setTimeout,
  scheduler,
  URL,
} = globalThis as typeof globalThis & {
  readonly scheduler?: { postTask(run: () => void, options: { readonly priority: string }): void }
}

export function createEvaluator(parts: EvaluatorParts = {}): Evaluator {
  const { evalGlobally = evalAtLoad, scope = globalThis } = parts
  const ways = "scripts" in parts ? beside(parts.scripts) : findWays(parts.serve)
  /** Which of them is the best that may still be allowed. */
  let way = 0
  let isEvalAllowed = ways.isEvalUnwanted ? false : undefined
  const restorer = createRestorer()
  const bindings = createBindings()
  define(bindings.checked, "import", { value: importFromHere })
  /**
   * Prepared code puts the function that it becomes into `f`, asks `n` for names, and in loops calls `c`.
   * What is added to it here tells `a` how to reach a name, and in modules finds the global object in
   * `g` and leaves its `import()` in `m`.
   */
  const guard = {
    f: undefined as unknown,
    n: bindings.checked,
    c: checkLoop,
    a: access,
    g: scope,
    m: undefined as unknown,
  }
  define(scope, "__repl", { value: guard, configurable: true })

  function canEval(): boolean {
    try {
      isEvalAllowed ??= evalGlobally(ways.trust("1")) === 1
    } catch {
      isEvalAllowed = false
    }
    return isEvalAllowed
  }

  function access(name: string, get: () => unknown, set: (value: unknown) => void): void {
    bindings.access(name, get, set)
    // Nothing else of a module's scope is seen outside of it.
    if (ways.scripts[way]?.areModules) {
      define(scope, name, { get, set, configurable: true })
    }
  }

  function read(expression: string): unknown {
    if (canEval()) return evalGlobally(ways.trust(expression))
    const via = ways.scripts[way]
    if (!via || via.isServed) throw new EvalError(expression)
    guard.f = undefined
    void via.run(`__repl.f=${expression}`, "repl")
    return guard.f
  }

  /** Where `import()` itself would look for modules beside this client. */
  function importFromHere(specifier: unknown, options?: unknown): unknown {
    const name = String(specifier)
    const url = /^\.{0,2}\//.test(name) ? new URL(name, document?.baseURI ?? location.href).href : name
    return ((guard.m ?? read("(url,options)=>import(url,options)")) as (...parts: unknown[]) => unknown)(url, options)
  }

  let turn: Promise<void> | undefined
  let current: string | undefined
  let busySince = 0

  /** Throws in a loop that has kept all else from running for longer than the limit. */
  function checkLoop(limitMs: number): void {
    const now = performance.now()
    if (!busySince) {
      busySince = now
      setTimeout(() => (busySince = 0))
    }
    if (now - busySince > limitMs) throw new Error(`a loop was stopped after ${limitMs} ms`)
  }

  /** Makes an input ready, without running anything of it. */
  async function place(code: string, header: EvalHeader): Promise<Placed | Refused> {
    if (isEvalAllowed === undefined && !canEval()) await ways.settled()
    const via = header.asScript || !canEval() ? ways.scripts[way] : undefined
    if (!via && !canEval()) {
      return bare({
        name: "EvalError",
        message: `the policy of this page forbids to evaluate code in it${ways.refusal()}`,
      })
    }
    const clash = bindings.clash(header)
    if (clash) return bare({ name: "SyntaxError", message: `Identifier '${clash}' has already been declared` })

    const isExpression = header.form !== "sync" && header.form !== "async"
    const patched = bindings.patch(code, header, !via?.haveBase)
    const { head, tail } = surround(patched.text, header, via, isExpression)
    const shifts = [[1, head.length + 1, head.length], patched.shifts, header.shifts ?? []]
    const source = restorer.remember(shifts)
    const text = head + patched.text + tail
    if (!via && isExpression) return bare({ source, run: () => evalGlobally(ways.trust(named(text, source))) })

    guard.f = undefined
    try {
      if (via) await via.run(text, source)
      else evalGlobally(ways.trust(named(text, source)))
    } catch (error) {
      return refusal(error)
    }
    if (!guard.f) {
      // The policy forbids such scripts, so nothing of it ran.
      if (way++ === 0 && ways.isEvalUnwanted) isEvalAllowed = undefined
      return place(code, header)
    }
    bindings.add(header)
    return bare({ source, run: guard.f as Placed["run"] })
  }

  /** What makes a script of a text: it becomes a function, if it is none, and its names become known. */
  function surround(text: string, header: EvalHeader, via: Scripts | undefined, isExpression: boolean) {
    const { vars = [], functions = [] } = header
    const isModule = via?.areModules
    const fresh = bindings.fresh(header)
    let head = via && isExpression ? "__repl.f=()=>(" : ""
    let tail = head && "\n)"
    for (let i = 0; i < fresh.length; i++) tail += `\n${via ? "let" : "var"} ${fresh[i]}${accessTo(fresh[i]!)}`
    if (via?.isServed && text.includes("n.import")) tail += "\n__repl.m=(url,options)=>import(url,options)"
    if (isModule) {
      head = `(function(){${head}`
      for (let i = 0; i < functions.length; i++) tail += accessTo(functions[i]!)
      tail += "\n}).call(__repl.g)"
    }
    for (let i = 0; i < vars.length; i++) {
      const name = vars[i]!
      if (!isModule) tail += `\nvar ${name}`
      else if (!(name in scope)) (scope as Record<string, unknown>)[name] = undefined
    }
    return { head, tail }
  }

  function runAs(id: string | undefined, run: Placed["run"], box: Box): unknown {
    current = id
    try {
      return run(box)
    } finally {
      current = undefined
    }
  }

  return {
    async evaluate(code, header, id) {
      await nextTask()
      // Also where the bridge serves the script, inputs run in the order in which they came.
      const before = turn
      let end: (() => void) | undefined
      turn = new Promise((resolve) => (end = resolve))
      await before
      let placed: Placed | Refused
      try {
        placed = await place(code, header)
      } catch (error) {
        placed = refusal(error)
      }
      end!()
      if ("message" in placed) return complete({ kind: "refused", result: placed })
      const { source, run } = placed
      const box: Box = { v: undefined, g: scope, i: bindings.markReady }
      try {
        const result = runAs(id, run, box)
        if (header.form === "async") await result
        const isInBox = header.form === "sync" || header.form === "async"
        return complete({ kind: "value", value: isInBox ? box.v : result })
      } catch (error) {
        return complete({ kind: "thrown", error, source })
      }
    },

    restorePositions: restorer.restore,

    get current() {
      return current
    },

    get declared() {
      return bindings.names
    },

    read,
  }
}

/** It stays what it is even where the page gave every object a `then`. */
function complete(completion: Completion): Completion {
  return bare(completion)
}

function refusal(error: unknown): Refused {
  const { name, message } = error as Error
  return bare({ name, message })
}

/** In a page, so that the input does not see the message it came by as `window.event`. */
function nextTask(): Promise<void> | undefined {
  if (!document) return undefined
  return new Promise((resolve) => {
    if (scheduler) scheduler.postTask(resolve, bare({ priority: "user-blocking" }))
    else setTimeout(resolve)
  })
}

/** Has the text tell how a name of its scope is reached. The parameter has a name of its own, whatever that one is. */
function accessTo(name: string): string {
  return `\n__repl.a("${name}",()=>${name},${name}$=>${name}=${name}$)`
}
