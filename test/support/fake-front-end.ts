import type { AnsweringRuntime, Outcome, RemoteObject, RuntimeInfo } from "../../src/protocol/index.ts"
import type {
  Evaluation,
  EvaluateOptions,
  ExpandOptions,
  FrontEnd,
  FrontEndEvents,
} from "../../src/frontend/frontend.ts"

/** An eval that a test has in its hand. */
export interface Asked {
  readonly code: string
  readonly options: EvaluateOptions
  settle(outcome: Outcome, durationMs?: number): void
}

/** A front end whose bridge and runtimes are the test. Aborted evals end as cancelled, as they do with the real one. */
export interface FakeFrontEnd extends FrontEnd {
  /** Evals that wait for `settle`, oldest first. */
  readonly pending: readonly Asked[]
  /** All evals so far, as code. */
  readonly asked: readonly string[]
  /** Answers at once; undefined leaves the eval pending. */
  answer: (code: string, runtime: RuntimeInfo | undefined) => Outcome | undefined
  /** What there is behind a handle or a chain. */
  expansion: (of: string, wish: ExpandOptions | undefined) => RemoteObject
  setState(state: FrontEnd["state"]): void
  /** A runtime as it is now; `gone` takes it from the list. */
  setRuntime(runtime: RuntimeInfo): void
  setTarget(runtime: string | undefined): void
  setAsking(asking: FrontEnd["asking"]): void
  /** What the person answered, in order. */
  readonly decided: { readonly id: string; readonly isAllowed: boolean }[]
  emit<Event extends keyof FrontEndEvents>(event: Event, detail: FrontEndEvents[Event]): void
}

export function runtimeInfo(fields: Partial<RuntimeInfo> = {}): RuntimeInfo {
  const number = fields.number ?? 1
  return {
    id: `r${number}`,
    number,
    name: "chrome·shop",
    session: `s${number}`,
    state: "ready",
    kind: "page",
    origin: "http://localhost:3000",
    url: "http://localhost:3000/",
    title: "shop",
    visible: true,
    ...fields,
  }
}

export const valueOf = (description: string): Outcome => ({
  outcome: "value",
  result: description === "undefined" ? { type: "undefined" } : { type: "object", description },
})

const answering = ({ id, number, name, session }: RuntimeInfo): AnsweringRuntime => ({ id, number, name, session })

export function createFakeFrontEnd(...present: readonly RuntimeInfo[]): FakeFrontEnd {
  const runtimes = new Map(present.map((runtime) => [runtime.id, runtime]))
  const listeners = new Set<{ readonly event: string; readonly call: (detail: never) => void }>()
  const pending: Asked[] = []
  const asked: string[] = []
  let state: FrontEnd["state"] = "ready"
  let target: string | undefined = present[0]?.id

  const emit: FakeFrontEnd["emit"] = (event, detail) => {
    for (const listener of listeners) if (listener.event === event) listener.call(detail as never)
  }
  const find = (name: string): RuntimeInfo => {
    const found = [...runtimes.values()].find((one) => [one.id, one.name, `${one.number}`].includes(name))
    if (found === undefined) throw new Error(`there is no runtime ${name}`)
    return found
  }

  const fake: FakeFrontEnd = {
    id: "front-end",
    name: "terminal",
    pending,
    asked,
    answer: () => undefined,
    bridgeUrl: undefined,
    expansion: () => {
      throw new Error("there is no such value")
    },
    get state() {
      return state
    },
    get runtimes() {
      return [...runtimes.values()]
    },
    get target() {
      return target
    },
    evaluate(code, options = {}) {
      const runtime = runtimes.get(options.runtime ?? target ?? "")
      asked.push(code)
      return new Promise<Evaluation>((settled) => {
        const settle = (outcome: Outcome, durationMs = 1): void => {
          const at = pending.indexOf(entry)
          if (at >= 0) pending.splice(at, 1)
          settled({ ...outcome, id: `e${asked.length}`, durationMs, runtime: runtime && answering(runtime) })
        }
        const entry: Asked = { code, options, settle }
        const outcome = fake.answer(code, runtime)
        if (outcome !== undefined) return settle(outcome)
        pending.push(entry)
        options.signal?.addEventListener("abort", () =>
          settle({ outcome: "cancelled", result: { reason: "cancelled", ran: "unknown" } }),
        )
      })
    },
    async use(name) {
      const runtime = find(name)
      fake.setTarget(runtime.id)
      return runtime
    },
    async reload({ runtime = target ?? "all" } = {}) {
      return (runtime === "all" ? fake.runtimes : [find(runtime)]).map(answering)
    },
    recall: async ({ runtime = target ?? "" } = {}) => ({
      runtime: answering(find(runtime)),
      lines: [],
      levels: [],
      dropped: 0,
      forgotten: 0,
      left: 0,
    }),
    complete: async () => ({ names: [], isCut: false }),
    expand: async (objectId, wish) => fake.expansion(objectId, wish),
    look: async (chain, wish) => fake.expansion(chain.join("."), wish),
    release() {},
    asking: [],
    decide(id, isAllowed) {
      fake.decided.push({ id, isAllowed })
      fake.setAsking(fake.asking.filter((each) => each.id !== id))
    },
    on(event, call) {
      const listener = { event, call: call as (detail: never) => void }
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async close() {},
    emit,
    decided: [],
    setAsking(asking) {
      Object.assign(fake, { asking })
      emit("asking", undefined)
    },
    setState(to) {
      const from = state
      state = to
      emit("state", { from, to })
    },
    setRuntime(runtime) {
      if (runtime.state === "gone") runtimes.delete(runtime.id)
      else runtimes.set(runtime.id, runtime)
      emit("runtime", runtime)
    },
    setTarget(runtime) {
      target = runtime
      emit("target", { runtime, problem: undefined })
    },
  }
  return fake
}
