import { randomUUID } from "node:crypto"
import { findBridge, type FindOptions } from "../discovery/index.ts"
import type { Clock, LinkStateName } from "../link/index.ts"
import { overBridge, type BridgeDoor } from "./bridge-channel.ts"
import { isFinalState, type OpenChannel } from "./channel.ts"
import { createClock } from "./clock.ts"
import { createDialler, type Address } from "./dialler.ts"
import { FrontEndError } from "./errors.ts"
import type { FrontEnd } from "./frontend.ts"
import { overLink } from "./link-channel.ts"
import { frontEndOver } from "./over-channel.ts"
import { createPresence } from "./presence.ts"

/** A bridge on this machine answers in milliseconds, or hangs. */
const setupMs = 5000

interface CommonOptions {
  /** Who asks, shown to other front ends. @defaultValue "node" */
  readonly name?: string
  /** `agent`: the bridge may limit what it does; `terminal`: a person sits there who can be asked. */
  readonly kind?: "agent" | "terminal"
  /** How long the bridge may take to be there, in milliseconds. @defaultValue 0: it must be there */
  readonly connectMs?: number
  /** The longest time between two attempts to get back to the bridge, in milliseconds; at least 1000. @defaultValue 30000 */
  readonly maxReconnectDelayMs?: number
  /** Aborting it ends the attempt to connect; a front end that is connected stays. */
  readonly signal?: AbortSignal
}

/** A bridge in this process. */
interface InProcess {
  readonly bridge: BridgeDoor
}

/** A bridge whose token the caller has. */
interface ByToken {
  readonly url: string
  readonly token: string
}

/** A bridge of this user on this machine, by its discovery file: without URL and port, that of the nearest folder above. */
type ByDiscovery = Pick<FindOptions, "url" | "port" | "cwd">

type Reach = InProcess | ByToken | ByDiscovery

export type FrontEndOptions = CommonOptions & Reach

/**
 * Connects to a bridge. From then on the front end gets back to it by itself,
 * until it is closed.
 *
 * @throws {@link FrontEndError} `bad-options`; `no-bridge` or `not-allowed` when it was not let in within `connectMs`
 */
export async function connectFrontEnd(options: FrontEndOptions = {}): Promise<FrontEnd> {
  const clock = createClock()
  const { frontEnd, problem } = open(options, clock)
  const failure = await untilReady(frontEnd, clock, options)
  if (failure === undefined) return frontEnd
  await frontEnd.close()
  throw options.signal?.aborted ? failure : (problem() ?? failure)
}

/**
 * The same for whoever lives longer than a bridge, such as an editor: it is a
 * front end at once, and at a bridge as soon as there is one.
 *
 * @throws {@link FrontEndError} `bad-options`
 */
export function openFrontEnd(options: Omit<CommonOptions, "connectMs" | "signal"> & Reach = {}): FrontEnd {
  return open(options, createClock()).frontEnd
}

function open(
  options: FrontEndOptions,
  clock: Clock,
): { readonly frontEnd: FrontEnd; readonly problem: Way["problem"] } {
  const { name = "node", kind } = options
  const { openChannel, problem, arrived } = wayTo(options, clock)
  const frontEnd = frontEndOver(openChannel, { name, kind, clock, newId: randomUUID })
  frontEnd.on("state", ({ to }) => to === "ready" && arrived())
  return { frontEnd, problem }
}

interface Way {
  readonly openChannel: OpenChannel
  /** What the last dial met. */
  readonly problem: () => FrontEndError | undefined
  /** The bridge said welcome. */
  readonly arrived: () => void
}

function wayTo(options: FrontEndOptions, clock: Clock): Way {
  const arrived = (): void => {}
  if ("bridge" in options) return { openChannel: overBridge(options.bridge), problem: () => undefined, arrived }
  const finder = finderFor(options)
  const dialler = createDialler(finder.find)
  const scout =
    "token" in options
      ? undefined
      : createPresence(
          () => finder.find().token,
          () => dialler.address?.token,
          clock,
        )
  const { maxReconnectDelayMs: cap } = options
  const settings = { setupMs, ...(cap !== undefined && { backoff: { cap } }) }
  const { url, openSocket } = dialler
  const openChannel = overLink({ url, openSocket, clock, settings, scout })
  return { openChannel, problem: () => dialler.problem, arrived: () => finder.keep(dialler.address) }
}

/** Looks where the bridge is, for every dial. */
interface Finder {
  readonly find: () => Address
  /** From now on it is this one, also when another one is started nearer. */
  readonly keep: (address: Address | undefined) => void
}

function finderFor(options: ByToken | ByDiscovery): Finder {
  if ("token" in options) return { find: () => options, keep: () => undefined }
  let kept: string | undefined
  const find = (): Address => findBridge(kept === undefined ? options : { url: kept })
  try {
    find()
  } catch (error) {
    throw new FrontEndError("bad-options", (error as Error).message)
  }
  return { find, keep: (address) => (kept = address?.url) }
}

/** Undefined once the bridge said welcome; else why it will not. */
function untilReady(
  frontEnd: FrontEnd,
  clock: Clock,
  { connectMs = 0, signal }: CommonOptions,
): Promise<FrontEndError | undefined> {
  return new Promise((resolve) => {
    let failure = new FrontEndError("no-bridge", "the bridge did not answer in time")
    let isOverdue = connectMs === 0
    const undos = [
      clock.after(connectMs, () => {
        isOverdue = true
        look(frontEnd.state)
      }),
      frontEnd.on("refused", ({ reason }) => {
        failure = new FrontEndError("not-allowed", `refused by the bridge: ${reason}`)
      }),
      frontEnd.on("state", ({ to }) => look(to)),
    ]
    signal?.addEventListener("abort", interrupted)
    if (signal?.aborted) interrupted()
    else look(frontEnd.state)

    // A dial that is under way is waited for, however late it is.
    function look(state: LinkStateName): void {
      if (state === "ready") decide(undefined)
      else if (isFinalState(state) || (state === "waiting" && isOverdue)) decide(failure)
    }
    function interrupted(): void {
      decide(new FrontEndError("interrupted", "interrupted before the bridge answered"))
    }
    function decide(answer: FrontEndError | undefined): void {
      for (const undo of undos) undo()
      signal?.removeEventListener("abort", interrupted)
      resolve(answer)
    }
  })
}
