import { constants, createContext, runInContext } from "node:vm"
import { createEvaluator, type Completion, type Evaluator } from "../../src/client/evaluator.ts"
import { createPrepare } from "../../src/language/index.ts"

/** The language and the evaluator in a global scope of their own. */
export interface VmRuntime {
  /** The value of an input, awaited. Throws what it throws, and why it is refused. */
  type(code: string): Promise<unknown>
  complete(code: string): Promise<Completion>
  /** The stack of what an input throws, as front ends are told it. */
  stackOf(code: string): Promise<string>
  readonly evaluator: Evaluator
}

export interface VmRuntimeOptions {
  /** Globals that are there from the start. */
  readonly globals?: object
  /** Whether its policy allows `eval`. @defaultValue true */
  readonly allowsEval?: boolean
  readonly loopLimitMs?: number
}

export function createVmRuntime({ globals = {}, allowsEval = true, ...options }: VmRuntimeOptions = {}): VmRuntime {
  const prepare = createPrepare(options)
  const context = createContext({ ...globals })
  const run = (text: string, filename?: string): unknown =>
    runInContext(text, context, {
      filename,
      ...(text.includes("import") && { importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER }),
    })
  const evaluator = createEvaluator({
    evalGlobally: allowsEval ? (run("eval") as (text: string) => unknown) : forbid,
    scripts: { run, haveBase: true },
    scope: run("globalThis") as typeof globalThis,
  })

  async function complete(code: string): Promise<Completion> {
    const preparation = prepare(code)
    if (preparation.kind === "refused") return preparation
    return evaluator.evaluate(preparation.code, preparation.header)
  }

  return {
    evaluator,
    complete,
    async type(code) {
      const completion = await complete(code)
      if (completion.kind === "value") return completion.value
      if (completion.kind === "thrown") throw completion.error
      throw new SyntaxError(completion.result.message)
    },
    async stackOf(code) {
      const completion = await complete(code)
      if (completion.kind !== "thrown") throw new Error(`${code} did not throw`)
      return evaluator.restorePositions(String((completion.error as Error).stack), completion.source)
    },
  }
}

function forbid(): never {
  throw new EvalError("forbidden")
}
