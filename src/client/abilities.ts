import { writeMessage, type FromRuntime, type Outcome, type Said } from "../protocol/index.ts"
import { createCommandApi } from "./command-api.ts"
import { complete } from "./completion.ts"
import { createConsoleTap } from "./console-tap.ts"
import { describe, describeThrown } from "./describe.ts"
import { createEvaluator, type Completion, type Evaluator } from "./evaluator.ts"
import { stringify, type Platform } from "./platform.ts"
import type { Abilities, Wire } from "./runtime.ts"
import type { Serve } from "./scripts.ts"
import { createServing } from "./serving.ts"

type Evaluating = Pick<Evaluator, "current" | "declared" | "evaluate" | "read" | "restorePositions">

/** What was asked for is told at greater length than what is logged: scripts read it. In characters. */
const whole = { maxLength: 1e5, maxText: 1e6 } as const

/** All that a console can: values as they are, names of its own, completion, and what the page itself says. */
export function createAbilities(
  platform: Platform,
  wire: Wire,
  openEvaluator: (serve: Serve) => Evaluating = (serve) => createEvaluator({ serve }),
): Abilities {
  const { clock } = platform
  const serving = createServing(clock, wire.send)
  const evaluator = openEvaluator(serving.serve)
  const restoreStack = (stack: string): string => evaluator.restorePositions(stack)
  const tap = createConsoleTap({
    ...platform,
    describe: (value) => describe(value, { restoreStack }),
    restorePositions: restoreStack,
    currentEval: () => evaluator.current,
    send: wire.send,
    bufferedAmount: () => wire.bufferedAmount,
  })
  const commands = createCommandApi({
    scope: globalThis,
    copy(id, text) {
      const message: Said<FromRuntime, "copy"> = { op: "copy", id }
      return wire.send(writeMessage(message, text))
    },
  })

  function resultOf(completion: Completion, limits?: typeof whole): Outcome["result"] {
    switch (completion.kind) {
      case "value":
        return describe(completion.value, { ...limits, restoreStack })
      case "thrown":
        return describeThrown(completion.error, {
          ...limits,
          restoreStack: (stack) => evaluator.restorePositions(stack, completion.source),
        })
      case "refused":
        return completion.result
      default:
        return completion satisfies never
    }
  }

  return {
    ...tap,
    served: serving.served,

    resume() {
      serving.resume()
      tap.resume()
    },

    async evaluate(request, code) {
      const { id } = request
      const startedAt = clock.now()
      const hide = commands.expose(code, id)
      try {
        const completion = await evaluator.evaluate(code, request, id)
        commands.remember(completion)
        const durationMs = Math.round((clock.now() - startedAt) * 1000) / 1000
        const message: Said<FromRuntime, "outcome"> = { op: "outcome", id, outcome: completion.kind, durationMs }
        let result = stringify(resultOf(completion, whole))
        // Escapes make it longer: then a preview must do.
        if (result.length > whole.maxText * 1.2) result = stringify(resultOf(completion))
        const { value } = completion as { readonly value?: unknown }
        const isCut = typeof value === "string" && value.length > result.length
        return { outcome: writeMessage(message, result), text: isCut ? value : undefined }
      } finally {
        hide()
      }
    },

    complete({ id, chain, prefix }) {
      const hide = commands.expose(chain[0] ?? "")
      const { names, isCut } = complete(chain, prefix, evaluator)
      hide()
      const message: Said<FromRuntime, "completions"> = { op: "completions", id, isCut }
      wire.send(writeMessage(message, stringify(names)))
    },
  }
}
