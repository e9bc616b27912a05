import { boolean, count, id, listOf, number, oneOf, optional, shape, text, type Infer, type Shape } from "./fields.ts"
import { outcomeKinds } from "./outcome.ts"

/**
 * What the ends say, as one table for each ear. An op that is in no table is
 * a no-op [L30]; a field that is in no shape is left alone, so that a newer end
 * may say more.
 */

/** A runtime as front ends see it. Title, name and URL were chosen by the page; `origin` was verified by the bridge. */
const runtimeInfo = shape({
  id,
  number: count,
  name: text,
  session: id,
  /** `away`: its socket is gone, its session may return. `gone`: it will not. */
  state: oneOf("ready", "away", "gone"),
  /** For how long its code has not answered, where it does not: an eval blocks it, or a debugger. */
  busyMs: optional(count),
  kind: text,
  origin: text,
  url: text,
  title: text,
  visible: boolean,
})
export type RuntimeInfo = Infer<typeof runtimeInfo.fields>
export type RuntimeState = RuntimeInfo["state"]

/** The runtime that answered, as far as an outcome needs it. */
const answeringRuntime = shape({ id, number: count, name: text, session: id })
export type AnsweringRuntime = Infer<typeof answeringRuntime.fields>

/** A console line, as its runtime tells it. */
const consoleLine = {
  /** Counts every line of the session, those that were dropped included. */
  seq: count,
  /** How grave it is: `debug`, `log`, `info`, `warn`, `error`. */
  level: text,
  /** What it is, where that is not the level: the console's method (`table`, `group`, …), `exception`, `rejection`, `violation`; `dropped` for no line at all. */
  kind: optional(text),
  /** Milliseconds since 1970. */
  time: number,
  /** How many lines before this one were dropped; those of kind `dropped` count themselves. */
  dropped: optional(count),
  /** Where it was said: the frames of the stack, as the engine writes them. */
  stack: optional(text),
  /** The eval that said it, where that is certain. */
  eval: optional(id),
  /** How many groups it stands in. */
  group: optional(count),
  /** How many arguments were left out. */
  more: optional(count),
} as const satisfies Shape

/** Counts the lines of a runtime that this bridge remembers; none for the mere word that lines were dropped. */
const lineNumber = { number: optional(count) } as const satisfies Shape

/** The names that may follow a chain: a variable (or `this`) and properties of it; without a chain, those in scope. */
const completionWish = { id, chain: listOf(text), prefix: text } as const satisfies Shape

/** What there is to recall of a level; `last` is the number of its latest line. */
const levelSummary = shape({ level: text, count, last: count })
export type LevelSummary = Infer<typeof levelSummary.fields>

/** A part of the text that an eval of this id resulted in, from this character on. */
const partWish = { id, eval: id, from: count } as const satisfies Shape

/** A value, and how much of it is to be told. */
const expandWish = {
  id,
  /** The handle of the value; without one, the first name of the chain is a variable (or `this`). */
  objectId: optional(id),
  /** Names of properties, each of the one before. */
  chain: optional(listOf(text)),
  /** The getters that the chain meets are run. */
  runsGetters: optional(boolean),
  /** Objects in objects in the object. */
  depth: optional(count),
  /** Of the parts of the object, how many are left out before the first that is told. */
  offset: optional(count),
  /** How many parts of each object are told. */
  count: optional(count),
  /** How long the expansion may be, in characters, about. */
  length: optional(count),
} as const satisfies Shape

/** Heard by every end at any time, also before hello. */
const common = {
  ping: { id: optional(text) },
  pong: { id: optional(text) },
  error: { code: text, message: text },
  bye: { reason: text },
} as const satisfies Record<string, Shape>

/** Heard by runtimes and by front ends from the bridge. */
const fromBridge = {
  ...common,
  /** Sent before a final close: why, and what to do about it. */
  reject: { code: count, reason: text },
  restarting: { retryAfterMs: number },
  /** There is no place now. */
  busy: { retryAfterMs: number },
} as const satisfies Record<string, Shape>

const welcome = {
  protocol: count,
  version: text,
  /** Random for each start of a bridge. */
  bridge: id,
  /** The heartbeat the bridge keeps, in milliseconds; 0 or absent for none [L25]. */
  heartbeatMs: optional(count),
  /** The width over which first retries spread after a crash, in milliseconds [L18]. */
  spreadMs: optional(count),
  /** The largest message the bridge accepts, in bytes. */
  maxBytes: optional(count),
  features: optional(listOf(text)),
} as const satisfies Shape

const hello = {
  protocol: count,
  version: text,
  features: optional(listOf(text)),
} as const satisfies Shape

export const toRuntime = {
  ...fromBridge,
  /** `runtime` is the id from now on: another one than offered where a duplicated tab offered a copy [L41]. */
  welcome: { ...welcome, runtime: id, number: count, name: text },
  /**
   * Body: the code. With `form` it is prepared (see `Prepared` in src/language), for runtimes that name the feature
   * `prepared`; without, it is what the user typed.
   */
  eval: {
    id,
    /** Who asks: the one whose end releases the handles that the outcome gives. */
    frontEnd: optional(id),
    form: optional(oneOf("value", "sync", "async")),
    asScript: optional(boolean),
    lets: optional(listOf(text)),
    consts: optional(listOf(text)),
    vars: optional(listOf(text)),
    functions: optional(listOf(text)),
    sites: optional(listOf(count)),
    shifts: optional(listOf(number)),
  },
  /** Body: how the code of the next eval on this socket begins, or goes on. */
  code: {},
  cancel: { id },
  /** The bridge needs these outcomes, and console lines up to `seq`, no more. */
  ack: { ids: optional(listOf(id)), seq: optional(count) },
  /** Without `stylesheets` (URL paths), the whole page. */
  reload: { stylesheets: optional(listOf(text)) },
  complete: completionWish,
  read: partWish,
  /** The text of this `id` can be fetched, once and soon, from `/chunk/` and this. */
  chunk: { id, chunk: id },
  expand: { ...expandWish, frontEnd: optional(id) },
  /** These handles, and those that were given to this front end, are needed no more. */
  release: { objectIds: optional(listOf(id)), frontEnd: optional(id) },
} as const satisfies Record<string, Shape>

export const fromRuntime = {
  ...common,
  hello: {
    ...hello,
    runtime: id,
    session: id,
    /** `page`, `frame`, `worker`, `node`, `deno`, `bun`. */
    kind: text,
    url: text,
    title: text,
    userAgent: optional(text),
    visible: optional(boolean),
    /** How the document was reached: `navigate`, `reload`, `back_forward`. */
    navigation: optional(text),
    /** The number and name an earlier bridge gave, to be kept where they are free. */
    number: optional(count),
    name: optional(text),
  },
  /** Something shown about the runtime changed. */
  status: { url: optional(text), title: optional(text), visible: optional(boolean) },
  /** Body: the result as JSON. */
  outcome: { id, outcome: oneOf(...outcomeKinds), durationMs: number },
  /** Body: the arguments as JSON, a list of RemoteObject. */
  console: consoleLine,
  /** Body: the names as JSON, the nearest first. */
  completions: { id, isCut: optional(boolean) },
  /** Body: a part of a text as JSON, as long as parts are; none where the text is not kept. */
  part: { id },
  /** Body: the value as JSON, a RemoteObject; absent with a `problem`. */
  expansion: { id, problem: optional(text) },
  /** Body: a text for the clipboard of the front end that asked for this eval. */
  copy: { id },
  /** Body: a script that this runtime wants to load from the bridge, because its page's policy allows no other. */
  chunk: { id },
} as const satisfies Record<string, Shape>

export const fromFrontEnd = {
  ...common,
  hello: {
    ...hello,
    frontEnd: id,
    /** Who asks, shown to the others: `terminal`, `cli`, `vscode`, … */
    name: text,
    /** `agent`: the bridge may limit it; `terminal`: a person sits there who can be asked. */
    kind: optional(text),
    /** The runtime this front end evaluates in, by id, where it has one. */
    target: optional(id),
    /** Whether its user chose that one. */
    isChosen: optional(boolean),
  },
  /**
   * Body: the code. `runtime` is an id, a number or a name; without it the target. `session` binds an eval that was
   * sent before: it may run in that session only.
   */
  eval: { id, runtime: optional(text), session: optional(id), waitMs: optional(count), timeoutMs: optional(count) },
  cancel: { id, as: optional(oneOf("cancelled", "timeout")) },
  ack: { ids: listOf(id) },
  use: { runtime: text },
  reload: { id, runtime: optional(text), stylesheets: optional(listOf(text)) },
  complete: { ...completionWish, runtime: optional(text) },
  read: { ...partWish, runtime: id },
  /** Remembered console lines: those that meet all conditions, and of them the latest `limit`. */
  recall: {
    id,
    runtime: optional(text),
    levels: optional(listOf(text)),
    numbers: optional(listOf(count)),
    /** Only lines with a greater number. */
    after: optional(count),
    limit: optional(count),
  },
  /** A handle knows its session; `runtime` is for a chain without one. */
  expand: { ...expandWish, runtime: optional(text) },
  release: { objectIds: listOf(id) },
  /** A person's answer to `asking`. */
  decide: { id, isAllowed: boolean },
} as const satisfies Record<string, Shape>

export const toFrontEnd = {
  ...fromBridge,
  welcome: { ...welcome, frontEnd: id, runtimes: listOf(runtimeInfo), target: optional(id) },
  runtime: { runtime: runtimeInfo },
  /** The runtime that evals without one go to; absent when there is none. */
  target: { runtime: optional(id), problem: optional(text) },
  /** No runtime to send it to yet; the eval waits. */
  waiting: { id, reason: text },
  /** The eval is put before a person. */
  held: { id, reason: text },
  /** An agent's eval that waits for a person's word. Body: the code. */
  asking: { id, from: text },
  /** It waits no more. */
  decided: { id },
  /** The eval was sent to this session and belongs to it from now on. */
  sent: { id, runtime: answeringRuntime },
  /** Body: the result as JSON. `runtime` is absent where none was ever chosen. */
  outcome: { id, outcome: oneOf(...outcomeKinds), durationMs: number, runtime: optional(answeringRuntime) },
  /** What an eval came to that ended as `cancelled` or `timeout` before. Body: the result as JSON. */
  late: { id, outcome: oneOf(...outcomeKinds), durationMs: number, runtime: answeringRuntime },
  reloading: { id, runtimes: listOf(answeringRuntime), problem: optional(text) },
  /** Some front end's eval ended: for those who watch. Body: the code, or its first 1,000 characters. */
  evaluated: {
    id,
    from: text,
    outcome: oneOf(...outcomeKinds),
    durationMs: number,
    runtime: optional(answeringRuntime),
  },
  /** Body: the arguments as JSON, a list of RemoteObject. */
  console: { runtime: answeringRuntime, ...consoleLine, ...lineNumber },
  /** A line that was recalled by the wish with this id; body as of `console`. */
  line: { id, runtime: answeringRuntime, ...consoleLine, ...lineNumber },
  /** The lines were all: what there is of each level, and what is not among them. */
  recalled: {
    id,
    runtime: optional(answeringRuntime),
    levels: optional(listOf(levelSummary)),
    /** Lines that never came: their runtime dropped them. */
    dropped: optional(count),
    /** Lines that came and had to make room since. */
    forgotten: optional(count),
    /** Lines that were wished for and too many to send: the older ones. */
    left: optional(count),
    problem: optional(text),
  },
  /** Body: the names as JSON, absent with a `problem`. */
  completions: { id, isCut: optional(boolean), problem: optional(text) },
  /** Body: as the runtime said it. */
  part: { id, problem: optional(text) },
  /** Body: the value as JSON, a RemoteObject; absent with a `problem`. */
  expansion: { id, problem: optional(text) },
  /** Body: a text for the clipboard, from the eval of this id. */
  copy: { id, runtime: answeringRuntime },
} as const satisfies Record<string, Shape>

/** The words of each role, in both of which are those that both say. */
export const ops = {
  runtime: /* @__PURE__ */ new Set(/* @__PURE__ */ Object.keys(fromRuntime)),
  frontEnd: /* @__PURE__ */ new Set(/* @__PURE__ */ Object.keys(fromFrontEnd)),
} as const

type MessageOf<Table extends Record<string, Shape>> = {
  [Op in keyof Table & string]: { readonly op: Op } & Infer<Table[Op]>
}[keyof Table & string]

export type ToRuntime = MessageOf<typeof toRuntime>
export type FromRuntime = MessageOf<typeof fromRuntime>
export type FromFrontEnd = MessageOf<typeof fromFrontEnd>
export type ToFrontEnd = MessageOf<typeof toFrontEnd>

/** The member of a message union with this op. */
export type Said<Message extends { op: string }, Op extends Message["op"]> = Extract<Message, { op: Op }>

/** A decoded message with the body that came with it. */
export type WithBody<Message> = { readonly message: Message; readonly body: string | undefined }
