import { readFileSync } from "node:fs"
import { basename, relative } from "node:path"
import { createPrepare } from "../../language/index.ts"
import { failurePlace } from "../failure-place.ts"
import type { Evaluation, FrontEnd } from "../frontend.ts"
import { neutraliseLine } from "../neutralise.ts"
import { urlPaths } from "./change.ts"
import { askFor, importAnew, readFound } from "./page-code.ts"

export interface Rerun {
  readonly runtime: string
  readonly files: readonly string[]
  readonly cwd: string
  /** Is told what went wrong in a file. */
  readonly failed: (error: Error) => void
}

/** What became of it: `reload` where evaluating is not enough, `unheard` where nobody was there. */
export type Reran = "done" | "reload" | "unheard"

const prepare = createPrepare()

/** In a frame of a front end there is room for 1 MiB. */
const longestBytes = 1_000_000

/**
 * Evaluates saved scripts anew in a runtime that has them, in the order in which they were saved. A script is an input;
 * but a `const`, `let` or `class` that a page declared stays what it is until the page goes. A module is imported
 * again, if it exports nothing: whoever imported it would keep the old one's. All or none: where one of them takes a
 * reload, none is evaluated.
 */
export async function rerun(
  frontEnd: Pick<FrontEnd, "evaluate">,
  { runtime, files, cwd, failed }: Rerun,
): Promise<Reran> {
  const scripts = files.map((file) => ({ file, paths: urlPaths(file, cwd), text: read(file) }))
  if (!scripts.every(isReadable)) return "reload"
  const question = askFor(scripts, files.map((file) => basename(file)).join(" "))
  if (Buffer.byteLength(question) > longestBytes) return "reload"
  const answer = await frontEnd.evaluate(question, { runtime, whole: true })
  if (answer.outcome !== "value") return withoutAnswer(answer)
  const found = readFound(answer.result.type === "string" ? String(answer.result.value) : "", scripts.length)
  const codes = scripts.map(({ text }, nth) => codeFor(text, found[nth]!))
  if (codes.includes(undefined)) return "reload"
  for (const [nth, code] of codes.entries()) {
    const evaluation = await frontEnd.evaluate(code!, { runtime })
    if (evaluation.outcome === "value") continue
    const problem = problemIn(relative(cwd, scripts[nth]!.file), evaluation)
    if (problem === undefined) return withoutAnswer(evaluation)
    failed(new Error(problem))
  }
  return "done"
}

type Script = Readonly<Record<"file", string>> & {
  readonly paths: readonly string[]
  readonly text: string | undefined
}

const isReadable = (script: Script): script is Script & { readonly text: string } => script.text !== undefined

function read(file: string): string | undefined {
  try {
    // As a page reads it.
    return new TextDecoder().decode(readFileSync(file))
  } catch {
    return undefined
  }
}

function codeFor(text: string, found: ReturnType<typeof readFound>[number]): string | undefined {
  switch (found.as) {
    case "script":
      return declaresForGood(text) ? undefined : text
    case "module":
      // A word in a comment costs a reload, no more.
      return /\bexport\b/.test(text) ? undefined : importAnew(found.url, Date.now())
    case "unknown":
      return undefined
    default:
      return found satisfies never
  }
}

function declaresForGood(text: string): boolean {
  const preparation = prepare(text)
  return preparation.kind === "ready" && ("lets" in preparation.header || "consts" in preparation.header)
}

/** A page that was loaded since has what was saved. */
function withoutAnswer({ outcome, result }: Evaluation): Reran {
  if (outcome !== "lost") return "reload"
  return result.code === "page-reloaded" || result.code === "page-closed" ? "done" : "unheard"
}

/** What the person who saved it has to mend; undefined where it is not the script's fault. */
function problemIn(file: string, evaluation: Evaluation): string | undefined {
  const { outcome, result } = evaluation
  const say = (text: string): string => {
    const place = failurePlace(evaluation)
    return neutraliseLine(`${file}${place ? `:${place.line}:${place.column}` : ""}: ${text}`)
  }
  switch (outcome) {
    case "thrown": {
      const { name, message, exception } = result
      return say(
        name === undefined
          ? `it threw ${exception.description ?? String(exception.value)}`
          : `${name}: ${message ?? ""}`,
      )
    }
    case "refused":
      return result.name === "SyntaxError" ? say(`SyntaxError: ${result.message}`) : undefined
    case "timeout":
    case "cancelled":
      return say(result.reason)
    default:
      return undefined
  }
}
