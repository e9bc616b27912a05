import * as z from "zod"
import { outcomeKinds } from "../../protocol/index.ts"

/** The tools as agents see them. Static, and sparing with words: an agent pays for each of them. */

const runtime = z.coerce
  .string()
  .optional()
  .describe("number, id or name from list_runtimes; needed where there are several")
const timeoutMs = z.number().int().min(1).max(600_000).default(30_000)
const maxChars = z.number().int().min(100).max(100_000).default(4000).describe("of the page's text")

const numbered = z.object({ id: z.string(), number: z.number(), session: z.string() })
const untrusted = z.object({ text: z.string(), missingChars: z.number().optional() })
const outcome = {
  outcome: z.enum(outcomeKinds as [string, ...string[]]),
  runtime: numbered.optional(),
  durationMs: z.number(),
  ran: z.enum(["no", "unknown"]).optional(),
  code: z.string().optional(),
  untrusted,
}

/** Runs what it is given, whatever that does. */
const runsCode = { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true }
const onlyReads = { readOnlyHint: true, openWorldHint: false }

export const listRuntimes = {
  title: "List runtimes",
  description: "The live pages (and workers, Node processes) that can be evaluated in.",
  inputSchema: z.object({}),
  outputSchema: z.object({
    bridge: z.string(),
    runtimes: z.array(
      z.object({
        ...numbered.shape,
        state: z.enum(["ready", "away", "gone"]),
        kind: z.string(),
        visible: z.boolean(),
        isTarget: z.boolean(),
        origin: z.string(),
        untrusted: z.object({ name: z.string(), title: z.string(), url: z.string() }),
      }),
    ),
  }),
  annotations: onlyReads,
}

export const evaluate = {
  title: "Evaluate JavaScript",
  description:
    "Runs JavaScript or TypeScript in a live page as its DevTools console would and shows the value. Every call runs at most once; a lost one says whether it may have run.",
  inputSchema: z.object({ code: z.string(), runtime, timeoutMs, maxChars }),
  outputSchema: z.object(outcome),
  annotations: runsCode,
}

export const readConsole = {
  title: "Read the console",
  description:
    "What the page logged and failed of: counts by level and the latest lines in short. With ids, those lines whole, with their stacks.",
  inputSchema: z.object({
    runtime,
    levels: z.array(z.enum(["debug", "log", "info", "warn", "error"])).optional(),
    after: z.number().int().min(0).optional().describe("only lines with a greater id"),
    limit: z.number().int().min(1).max(200).default(20).describe("the latest so many"),
    ids: z.array(z.number().int().min(0)).max(50).optional(),
    maxChars,
  }),
  outputSchema: z.object({
    runtime: numbered,
    levels: z.array(z.object({ level: z.string(), count: z.number(), last: z.number() })),
    dropped: z.number().describe("lines that the page dropped: it logged too fast"),
    forgotten: z.number().describe("lines that are too old"),
    left: z.number().describe("lines that fit the query and were too many"),
    lines: z.array(
      z.object({
        id: z.number(),
        level: z.string(),
        time: z.string(),
        eval: z.string().optional(),
        untrusted: z.object({ ...untrusted.shape, stack: z.string().optional() }),
      }),
    ),
  }),
  annotations: onlyReads,
}

export const waitFor = {
  title: "Wait for a condition",
  description: "Waits until a JavaScript expression is truthy in the page, also over its reloads.",
  inputSchema: z.object({
    condition: z.string().describe("an expression, asked every 50 ms; may await"),
    runtime,
    timeoutMs,
    maxChars,
  }),
  outputSchema: z.object({ isMet: z.boolean(), waitedMs: z.number(), ...outcome }),
  annotations: runsCode,
}

export const reload = {
  title: "Reload",
  description:
    'Reloads a page (runtime "all": every one) and waits until it is back. Its bindings and evals in progress are lost.',
  inputSchema: z.object({ runtime, timeoutMs }),
  outputSchema: z.object({ runtimes: z.array(z.object({ ...numbered.shape, isBack: z.boolean() })) }),
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
}

export const pageSummary = {
  title: "Summarise the page",
  description:
    "URL, title, headings, what can be clicked or filled in with its CSS selector, the page's global variables, the beginning of its text; as JSON.",
  inputSchema: z.object({ runtime, timeoutMs, maxChars: maxChars.default(8000) }),
  outputSchema: z.object(outcome),
  annotations: onlyReads,
}
