import { randomUUID } from "node:crypto"
import { expect, onTestFinished } from "vitest"
import type { ConnectOptions } from "../../src/client/runtime.ts"
import { createClock } from "../../src/frontend/clock.ts"
import { createDialler } from "../../src/frontend/dialler.ts"
import type { EvaluateOptions, Evaluation, FrontEnd } from "../../src/frontend/index.ts"
import { connectFrontEnd } from "../../src/frontend/index.ts"
import { overLink } from "../../src/frontend/link-channel.ts"
import { frontEndOver } from "../../src/frontend/over-channel.ts"
import type { LinkSettings, LinkStateName } from "../../src/link/index.ts"
import { startBridge, type Bridge, type BridgeOptions } from "../../src/server/index.ts"
import { openRuntime, type NodeRuntime, type NodeRuntimeSurroundings } from "./node-runtime.ts"
import { openWire, type Wire } from "./wire.ts"

export const token = "a-token-for-tests-that-is-long-enough"

/** Short, and with nothing random in it. */
export const shortLink = { backoff: { base: 25, cap: 200 }, setupMs: 3000 } as const satisfies LinkSettings

/** Code of which it is known how often it ran, and when it began. */
export interface Probe {
  /** Runs until `finish`. */
  readonly code: string
  readonly runs: number
  readonly started: Promise<void>
  finish(value?: unknown): void
}

const probes = new Map<string, () => Promise<unknown>>()
Object.assign(globalThis, { faultProbes: probes })

/** @param rest - more code, whose value is the eval's */
export function createProbe(rest = ""): Probe {
  const id = randomUUID()
  let runs = 0
  let start: () => void
  let finish: (value: unknown) => void
  const started = new Promise<void>((resolve) => (start = resolve))
  const finished = new Promise<unknown>((resolve) => (finish = resolve))
  probes.set(id, () => {
    runs++
    start()
    return finished
  })
  onTestFinished(() => void probes.delete(id))
  return {
    code: `await faultProbes.get("${id}")()${rest}`,
    get runs() {
      return runs
    },
    started,
    finish: (value = "done") => finish(value),
  }
}

/** A front end whose way to the bridge is a socket, with short times. */
export function openFrontEnd(url: string, settings: LinkSettings = shortLink): FrontEnd {
  const clock = createClock()
  const { url: dialled, openSocket } = createDialler(() => ({ url, token }))
  const frontEnd = frontEndOver(overLink({ url: dialled, openSocket, clock, settings }), {
    name: "test",
    clock,
    newId: randomUUID,
  })
  onTestFinished(() => frontEnd.close())
  return frontEnd
}

export function stateIs(frontEnd: FrontEnd, state: LinkStateName): Promise<void> {
  return new Promise((reached) => {
    if (frontEnd.state === state) return reached()
    const forget = frontEnd.on("state", ({ to }) => {
      if (to !== state) return
      forget()
      reached()
    })
  })
}

export function runtimeIs(frontEnd: FrontEnd, state: "ready" | "away" | "gone"): Promise<void> {
  return new Promise((reached) => {
    if (frontEnd.runtimes.some((runtime) => runtime.state === state)) return reached()
    const forget = frontEnd.on("runtime", (runtime) => {
      if (runtime.state !== state) return
      forget()
      reached()
    })
  })
}

export interface StageOptions {
  readonly bridge?: BridgeOptions
  readonly client?: ConnectOptions
  readonly surroundings?: NodeRuntimeSurroundings
  /** The front end's way is a socket over a wire of its own, too. */
  readonly remote?: LinkSettings
  /** The runtime is not connected yet. */
  readonly idle?: true
}

/** The real client, a real bridge, a front end, and wires between them that a test can hurt. */
export interface Stage {
  readonly bridge: Bridge
  readonly runtime: NodeRuntime
  /** Between runtime and bridge. */
  readonly wire: Wire
  readonly frontEnd: FrontEnd
  /** Between front end and bridge. */
  readonly frontEndWire: Wire
  /** Evaluates a probe, and holds it to what is promised: it settles, and has run at most once. */
  ask(probe: Probe, options?: EvaluateOptions): Promise<Evaluation>
  /** The same with code that says what it is when it ran. */
  askNow(options?: EvaluateOptions): Promise<Evaluation>
  /** As SIGKILL does it: no word, and every connection is reset. Until `revive` connections are refused. */
  kill(): Promise<void>
  /** Another bridge, at the same address for all who dial it. */
  revive(): Promise<void>
  /** What holds after every fault: all is settled, once; a fresh eval works; and nothing is left when all have gone. */
  check(): Promise<void>
}

export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const settled = new Map<string, number>()
  const begin = async (): Promise<Bridge> => {
    const started = await startBridge({ port: 0, token, clientScript: "", ...options.bridge })
    onTestFinished(() => started.stop())
    const observer = await connectFrontEnd({ bridge: started, name: "observer" })
    observer.on("evaluated", ({ id }) => {
      const key = `${started.instance} ${id}`
      settled.set(key, (settled.get(key) ?? 0) + 1)
    })
    return started
  }

  let bridge = await begin()
  const wire = await openWire(bridge.port)
  onTestFinished(() => wire.close())
  const frontEndWire = await openWire(bridge.port)
  onTestFinished(() => frontEndWire.close())
  const frontEnd = options.remote
    ? openFrontEnd(frontEndWire.url, options.remote)
    : await connectFrontEnd({ bridge, name: "test" })
  onTestFinished(() => frontEnd.close())
  const runtime = openRuntime({ url: wire.url, token, ...shortLink, ...options.client }, options.surroundings)
  onTestFinished(() => runtime.client.disconnect())
  if (!options.idle) {
    runtime.connect()
    await Promise.all([runtime.event("ready"), stateIs(frontEnd, "ready"), runtimeIs(frontEnd, "ready")])
  }
  const asked: { readonly probe: Probe; readonly evaluation: Promise<Evaluation> }[] = []

  const stage: Stage = {
    get bridge() {
      return bridge
    },
    runtime,
    wire,
    frontEnd,
    frontEndWire,
    ask(probe, evaluateOptions) {
      const evaluation = frontEnd.evaluate(probe.code, evaluateOptions)
      asked.push({ probe, evaluation })
      return evaluation
    },
    askNow(evaluateOptions) {
      const probe = createProbe()
      probe.finish("done")
      return stage.ask(probe, evaluateOptions)
    },
    async kill() {
      await Promise.all([wire.refuse(), frontEndWire.refuse()])
      await bridge.stop()
    },
    async revive() {
      bridge = await begin()
      wire.aim(bridge.port)
      frontEndWire.aim(bridge.port)
      await Promise.all([wire.accept(), frontEndWire.accept()])
    },
    async check() {
      for (const { probe, evaluation } of asked) {
        const { outcome } = await evaluation
        if (outcome === "value") expect(probe.runs).toBe(1)
        else expect(probe.runs).toBeLessThanOrEqual(1)
      }
      expect([...settled.values()].filter((times) => times !== 1)).toEqual([])
      await works(frontEnd)
      await frontEnd.close()
      await runtime.client.disconnect()
      await runtime.silent()
      expect(runtime.timers).toBe(0)
      await Promise.all([wire.drained(), frontEndWire.drained()])
      await bridge.stop()
    },
  }
  return stage
}

/** The positive control: a fresh eval is answered with its value. */
export async function works(frontEnd: FrontEnd): Promise<void> {
  expect(await frontEnd.evaluate("6 * 7", { waitMs: 15_000 })).toMatchObject({
    outcome: "value",
    result: { value: 42 },
  })
}

export const done = { outcome: "value", result: { value: "done" } } as const

/** Resolves once every one of so many console lines has come, or is known to be dropped. */
export function accountedFor(frontEnd: FrontEnd, lines: number): Promise<{ delivered: number; dropped: number }> {
  const count = { delivered: 0, dropped: 0 }
  return new Promise((complete) =>
    frontEnd.on("console", ({ kind, dropped }) => {
      if (kind !== "dropped") count.delivered++
      count.dropped += dropped
      if (count.delivered + count.dropped >= lines) complete(count)
    }),
  )
}
