import type { Refused } from "../protocol/index.ts"
import { createBindings, type EvalHeader } from "./bindings.ts"
import { createRestorer } from "./positions.ts"
import { findScripts, named, type Scripts } from "./scripts.ts"

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

const { defineProperty } = Object
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
  let scripts = "scripts" in parts ? parts.scripts : findScripts()
  let isEvalAllowed: boolean | undefined
  const restorer = createRestorer()
  const bindings = createBindings(read)
  defineProperty(bindings.checked, "import", { value: importFromHere })
  /** Prepared code puts the function that it becomes into `f`, asks `n` for names, and in loops calls `c`. */
  const guard = { f: undefined as unknown, n: bindings.checked, c: checkLoop }
  defineProperty(scope, "__repl", { value: guard, configurable: true })

  function canEval(): boolean {
    try {
      isEvalAllowed ??= evalGlobally("1") === 1
    } catch {
      isEvalAllowed = false
    }
    return isEvalAllowed
  }

  /** Runs a text that puts something into `guard.f`. */
  function handOver(text: string, source: string, via: Scripts | undefined): unknown {
    guard.f = undefined
    if (via) via.run(text, source)
    else evalGlobally(named(text, source))
    return guard.f
  }

  function read(expression: string): unknown {
    return canEval() ? evalGlobally(expression) : handOver(`__repl.f=${expression}`, "repl", scripts)
  }

  /** Where `import()` itself would look for modules beside this client. */
  function importFromHere(specifier: unknown, options?: unknown): unknown {
    const name = String(specifier)
    const url = /^\.{0,2}\//.test(name) ? new URL(name, document?.baseURI ?? location.href).href : name
    return (read("(url,options)=>import(url,options)") as (...parts: unknown[]) => unknown)(url, options)
  }

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
  function place(code: string, header: EvalHeader): Placed | Refused {
    const viaScript = header.asScript || !canEval() ? scripts : undefined
    if (!viaScript && !canEval()) {
      return { name: "EvalError", message: "the policy of this page forbids to evaluate code in it" }
    }
    const clash = bindings.clash(header)
    if (clash) return { name: "SyntaxError", message: `Identifier '${clash}' has already been declared` }

    const isExpression = header.form !== "sync" && header.form !== "async"
    const head = viaScript && isExpression ? "__repl.f=()=>(" : ""
    const tail = head && "\n)"
    const fresh = bindings.fresh(header)
    const declaration = fresh && `\n${viaScript ? "let" : "var"} ${fresh}`
    const patched = bindings.patch(code, header, !viaScript?.haveBase)
    const shifts = [[1, head.length + 1, head.length], patched.shifts, header.shifts ?? []]
    const source = restorer.remember(shifts)
    const text = head + patched.text + tail + declaration
    if (!viaScript && isExpression) return { source, run: () => evalGlobally(named(text, source)) }

    let run: unknown
    try {
      run = handOver(text, source, viaScript)
    } catch (error) {
      const { name, message } = error as Error
      return { name, message }
    }
    if (!run) {
      // The policy forbids such scripts, so nothing of it ran.
      scripts = undefined
      return place(code, header)
    }
    bindings.add(header)
    return { source, run: run as Placed["run"] }
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
      const placed = place(code, header)
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
  return { __proto__: null, ...completion } as unknown as Completion
}

/** In a page, so that the input does not see the message it came by as `window.event`. */
function nextTask(): Promise<void> | undefined {
  if (!document) return undefined
  return new Promise((resolve) => {
    if (scheduler) void scheduler.postTask(resolve, { priority: "user-blocking" })
    else setTimeout(resolve)
  })
}
