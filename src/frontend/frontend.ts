import type { LinkStateName } from "../link/index.ts"
import type {
  AnsweringRuntime,
  LevelSummary,
  Outcome,
  OutcomeKind,
  RemoteObject,
  RuntimeInfo,
  Said,
  ToFrontEnd,
} from "../protocol/index.ts"

/** One eval, ended. */
export type Evaluation = Outcome & {
  readonly id: string
  /** Absent where no runtime was ever chosen. */
  readonly runtime?: AnsweringRuntime | undefined
  readonly durationMs: number
}

export interface EvaluateOptions {
  /** An id, number or name; without it the front end's target. */
  readonly runtime?: string
  /** How long to wait for a runtime to be there, in milliseconds. @defaultValue 5000 */
  readonly waitMs?: number
  /** How long it may take once it may run, in milliseconds; 0 for no limit. @defaultValue 30000 */
  readonly timeoutMs?: number
  /**
   * A text that results is fetched as a whole, up to 64 million characters, where it is too long for its outcome;
   * if that fails, the eval is lost. Without it the result says how much was left out. @defaultValue false
   */
  readonly whole?: boolean
  /** Aborting it cancels the eval. */
  readonly signal?: AbortSignal
}

/** A console line of a runtime; what is optional is explained with the wire's `console`. */
export type ConsoleLine = Omit<Said<ToFrontEnd, "console">, "op" | "dropped"> & {
  /** Lines that were dropped just before this one. */
  readonly dropped: number
  readonly args: readonly RemoteObject[]
}

/** Which console lines to recall; all conditions must hold, none is all lines that are remembered. */
export interface LineQuery {
  /** An id, number or name; without it the front end's target. */
  readonly runtime?: string
  readonly levels?: readonly string[]
  readonly numbers?: readonly number[]
  /** Only lines with a greater number. */
  readonly after?: number
  /** Only the latest so many. */
  readonly limit?: number
}

/** What a bridge remembers of a runtime's console. */
export interface Recollection {
  readonly runtime: AnsweringRuntime
  /** In the order in which they were said; `number` is there. */
  readonly lines: readonly ConsoleLine[]
  /** By level, of all that is remembered; `last` is the number of its latest line. */
  readonly levels: readonly LevelSummary[]
  /** Lines that never came: the page dropped them. */
  readonly dropped: number
  /** Lines that came and had to make room since. */
  readonly forgotten: number
  /** Older lines that were wished for and too many to send. */
  readonly left: number
}

/** Names by which an expression may go on, the nearest first. */
export interface Completions {
  readonly names: readonly string[]
  /** There are more than these. */
  readonly isCut: boolean
}

/** An agent's eval that waits for a person's word. */
export interface Asking {
  readonly id: string
  /** Who wants it, by name. */
  readonly from: string
  readonly code: string
}

export interface FrontEndEvents {
  /** A runtime came, changed or went. */
  runtime: RuntimeInfo
  console: ConsoleLine
  /** An eval of any front end ended, this one's included. */
  evaluated: {
    readonly id: string
    readonly from: string
    /** Or the first 1,000 characters of it. */
    readonly code: string
    /** This front end asked for it. */
    readonly isOurs: boolean
    readonly outcome: OutcomeKind
    readonly durationMs: number
    readonly runtime?: AnsweringRuntime | undefined
  }
  /** An eval of this front end that was cancelled or timed out has come to an end after all. */
  late: Evaluation & { readonly code: string }
  /** An eval of this front end that runs and that mentions `copy` has a text for the clipboard. */
  copy: { readonly id: string; readonly runtime: AnsweringRuntime; readonly text: string }
  /** What waits for the word of the person here is not as before. */
  asking: undefined
  /** An eval of this front end waits for a runtime, or for a person's word. */
  waiting: { readonly id: string; readonly reason: string }
  target: { readonly runtime: string | undefined; readonly problem: string | undefined }
  /** The way to the bridge changed. */
  state: { readonly from: LinkStateName; readonly to: LinkStateName }
  refused: { readonly code: number; readonly reason: string }
}

/** How much of a value is told. Without options it is as much as an outcome tells. */
export interface ExpandOptions {
  /** Objects in objects in the object. @defaultValue 2 */
  readonly depth?: number
  /** Of the parts of the object, how many are left out before the first that is told. @defaultValue 0 */
  readonly offset?: number
  /** How many parts of each object are told. @defaultValue 100 */
  readonly count?: number
  /** How long the answer may be, in characters of JSON, about; a million at most. @defaultValue 9000 */
  readonly length?: number
  /** Names of properties: the value is that of the last. */
  readonly chain?: readonly string[]
  /** Getters that the chain meets are run; else it ends there. @defaultValue false */
  readonly runsGetters?: boolean
}

export interface LookOptions extends Omit<ExpandOptions, "chain"> {
  /** An id, number or name; without it the front end's target. */
  readonly runtime?: string
}

/** Whoever wants something evaluated, in the bridge's process or in another. */
export interface FrontEnd {
  readonly id: string
  readonly name: string
  readonly state: LinkStateName
  /** The bridge's address, or where it was last looked for: `http://host:port`. Absent before that. */
  readonly bridgeUrl: string | undefined
  /** All runtimes that are ready or away, by number. */
  readonly runtimes: readonly RuntimeInfo[]
  /** The id of the runtime that evals without one go to. */
  readonly target: string | undefined
  /** Settles for every eval, exactly once [L37], and rejects for options alone that are none: `bad-options`. */
  evaluate(code: string, options?: EvaluateOptions): Promise<Evaluation>
  /** Chooses the target, by id, number or name. Rejects with a sentence that lists what there is. */
  use(runtime: string): Promise<RuntimeInfo>
  /** Reloads a runtime (`all` for every one), or swaps stylesheets by URL path. Resolves with those asked. */
  reload(options?: {
    readonly runtime?: string
    readonly stylesheets?: readonly string[]
  }): Promise<readonly AnsweringRuntime[]>
  /**
   * The names that begin with `prefix` and may follow `chain`, a variable (or `this`) and properties of it; without
   * a chain, those in scope. Nothing of the page runs for it. Rejects with a sentence that says why there are none.
   */
  complete(chain: readonly string[], prefix: string): Promise<Completions>
  /** The console lines of a runtime that the bridge remembers. Rejects with a sentence that says why there are none. */
  recall(query?: LineQuery): Promise<Recollection>
  /**
   * More of a value that has a handle, as it is now; its parts that are not told as a whole have handles in the
   * preview. Whoever has the handle may ask. Nothing of the page runs for it, unless getters are asked for. Rejects
   * with a sentence that says why there is nothing, such as that the page was reloaded.
   */
  expand(objectId: string, options?: ExpandOptions): Promise<RemoteObject>
  /** The same for a value that has no handle: `chain` is a variable (or `this`) and properties of it. */
  look(chain: readonly string[], options?: LookOptions): Promise<RemoteObject>
  /**
   * These handles are needed no more. Those that nobody releases go ten minutes after the front end, or with the page.
   *
   * @throws {@link FrontEndError} `bad-options` for what can be no handle
   */
  release(objectIds: readonly string[]): void
  /** Evals of agents that wait for the word of the person here, the first one first. */
  readonly asking: readonly Asking[]
  /** Lets an agent's eval run, or not. Only what connected as a terminal is listened to. */
  decide(id: string, isAllowed: boolean): void
  on<Event extends keyof FrontEndEvents>(event: Event, listener: (detail: FrontEndEvents[Event]) => void): () => void
  /** Leaves: unsettled evals end as cancelled. Twice is fine. */
  close(): Promise<void>
}
