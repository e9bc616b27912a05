import {
  writeData,
  writeMessage,
  type FromRuntime,
  type Outcome,
  type Said,
  type ToRuntime,
} from "../protocol/index.ts"
import { createCommandApi } from "./command-api.ts"
import { complete, follow } from "./completion.ts"
import { createConsoleTap } from "./console-tap.ts"
import { describe, describeThrown } from "./describe.ts"
import { createEvaluator, type Completion, type Evaluator } from "./evaluator.ts"
import { createHandles } from "./handles.ts"
import type { Platform } from "./platform.ts"
import type { Keep } from "./preview.ts"
import { bare } from "./reading.ts"
import type { Abilities, Wire } from "./runtime.ts"
import type { Serve } from "./scripts.ts"
import { createServing } from "./serving.ts"

type Evaluating = Pick<Evaluator, "current" | "declared" | "evaluate" | "read" | "restorePositions">

/** What was asked for is told at greater length than what is logged: scripts read it. In characters. */
const whole = { maxLength: 1e5, maxText: 1e6 } as const

/** Of a text that is asked for by name; escapes may make it six times as long. */
const maxExpandedText = 5e5

/** All that a console can: values as they are, names of its own, completion, and what the page itself says. */
export function createAbilities(
  platform: Platform,
  wire: Wire,
  session: string,
  openEvaluator: (serve: Serve) => Evaluating = (serve) => createEvaluator({ serve }),
): Abilities {
  const { clock } = platform
  const handles = createHandles(session)
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

  const keeperFor =
    ({ frontEnd }: { readonly frontEnd?: string | undefined }): Keep =>
    (value) =>
      handles.keep(value, frontEnd)

  /** The value that is asked for, or why there is none. */
  function find({ objectId, chain = [], runsGetters }: Said<ToRuntime, "expand">): { value: unknown } | string {
    const value = objectId && handles.find(objectId)
    if (objectId && !value) return "the value is no longer kept: evaluate it again"
    const found = follow(chain, evaluator, globalThis, value ? { value } : undefined, runsGetters)
    return found ?? "there is no such value, or a getter would have to run for it"
  }

  function resultOf(completion: Completion, keep: Keep, limits?: typeof whole): Outcome["result"] {
    switch (completion.kind) {
      case "value":
        return describe(completion.value, { ...limits, restoreStack, keep })
      case "thrown":
        return describeThrown(completion.error, {
          ...limits,
          keep,
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
        const keep = keeperFor(request)
        let result = writeData(resultOf(completion, keep, whole))
        // Escapes make it longer: then a preview must do.
        if (result.length > whole.maxText * 1.2) result = writeData(resultOf(completion, keep))
        const { value } = completion as { readonly value?: unknown }
        const isCut = typeof value === "string" && value.length > result.length
        return bare({ outcome: writeMessage(message, result), text: isCut ? value : undefined })
      } finally {
        hide()
      }
    },

    cancel: commands.cancel,

    complete({ id, chain, prefix }) {
      const hide = commands.expose(chain[0] ?? "")
      const { names, isCut } = complete(chain, prefix, evaluator)
      hide()
      const message: Said<FromRuntime, "completions"> = { op: "completions", id, isCut }
      wire.send(writeMessage(message, writeData(names)))
    },

    expand(wish) {
      const { id, objectId, chain = [] } = wish
      const hide = commands.expose(objectId ? "" : (chain[0] ?? ""))
      let problem: string | undefined
      let body: string | undefined
      try {
        const found = find(wish)
        if (typeof found === "string") problem = found
        else
          body = writeData(
            describe(found.value, { maxText: maxExpandedText, expansion: wish, restoreStack, keep: keeperFor(wish) }),
          )
      } catch (error) {
        problem = describeThrown(error).exception.description ?? "it cannot be read"
      }
      hide()
      const message: Said<FromRuntime, "expansion"> = { op: "expansion", id, problem }
      wire.send(writeMessage(message, body))
    },

    release({ objectIds = [], frontEnd }) {
      handles.release(objectIds)
      if (frontEnd) handles.releaseAll(frontEnd)
    },
  }
}
