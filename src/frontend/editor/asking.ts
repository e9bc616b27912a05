import type { AnsweringRuntime, Outcome } from "../../protocol/index.ts"
import type { Evaluation } from "../frontend.ts"
import {
  DiagnosticSeverity,
  LSPErrorCodes,
  ResponseError,
  type CancellationToken,
  type Diagnostic,
} from "./connection.ts"
import type { EditorDesk } from "./desk.ts"
import type { Range } from "./documents.ts"
import { pieceOf } from "./piece.ts"
import { textsOf } from "./text.ts"
import type { EvalWish } from "./wishes.ts"

/** An outcome as an editor is told it: the fields of `eval --json`, and how to show it. */
export interface EvalAnswer {
  readonly id: string
  readonly outcome: Outcome["outcome"]
  readonly runtime: AnsweringRuntime | null
  readonly durationMs: number
  readonly result: Outcome["result"]
  /** In as many lines as it takes. */
  readonly text: string
  readonly line: string
  /** The code in its document. */
  readonly range?: Range
}

/** The evals of one editor, and what stands beside the lines that were evaluated. */
export interface Asking {
  evaluate(wish: EvalWish, token: CancellationToken): Promise<EvalAnswer>
  /** Says anew what stands beside the lines of a document. */
  publish(uri: string): void
  /** Cancels all; gives how many there were. */
  cancel(): { readonly cancelled: number }
}

export function createAsking(desk: EditorDesk): Asking {
  const { connection, results, eraseTypes, beginning, frontEnd, documentOf, openDocument, say } = desk
  const running = new Set<AbortController>()
  /** What was last said to stand in a document, as JSON. */
  const published = new Map<string, string>()

  async function evaluate(wish: EvalWish, token: CancellationToken): Promise<EvalAnswer> {
    const { runtime, waitMs, timeoutMs } = wish
    const stop = new AbortController()
    const limits = {
      signal: stop.signal,
      ...(runtime !== undefined && { runtime }),
      ...(waitMs !== undefined && { waitMs }),
      ...(timeoutMs !== undefined && { timeoutMs }),
    }
    const { code, place } = "code" in wish ? { code: wish.code, place: undefined } : codeOf(wish)
    const showBeside = place && results.begin(place.uri, place.range)
    if (place) publish(place.uri)
    running.add(stop)
    // One that is cancelled already tells nobody.
    if (token.isCancellationRequested) stop.abort()
    token.onCancellationRequested(() => stop.abort())
    const evaluation = await frontEnd().evaluate(code, limits)
    running.delete(stop)
    const document = place && documentOf(place.uri)
    if (document && showBeside?.(document, evaluation)) publish(document.uri)
    return { ...answerOf(evaluation), ...(place && { range: place.range }) }
  }

  function codeOf({ uri, extent, range }: Extract<EvalWish, { uri: string }>) {
    const document = openDocument(uri)
    const { text, blocks } = document
    const span = { from: document.offsetAt(range.start), to: document.offsetAt(range.end) }
    const piece = pieceOf({ text, blocks }, extent, span, eraseTypes)
    if (typeof piece === "string") throw new ResponseError(LSPErrorCodes.RequestFailed, piece)
    const place = { uri, range: { start: document.positionAt(piece.from), end: document.positionAt(piece.to) } }
    return { code: text.slice(piece.from, piece.to), place }
  }

  function publish(uri: string): void {
    const { showsResults, canRefreshHints } = beginning()
    const diagnostics = results.of(uri).flatMap(({ problem, text }): readonly Diagnostic[] => {
      if (problem === undefined) return []
      return [{ range: problem, severity: DiagnosticSeverity.Error, source: "repl-bridge", message: text }]
    })
    const text = JSON.stringify(diagnostics)
    if (text !== (published.get(uri) ?? "[]")) say("textDocument/publishDiagnostics", { uri, diagnostics })
    published.set(uri, text)
    if (showsResults && canRefreshHints) connection.languages.inlayHint.refresh().catch(() => undefined)
  }

  function cancel() {
    const cancelled = running.size
    for (const stop of running) stop.abort()
    return { cancelled }
  }

  return { evaluate, publish, cancel }
}

function answerOf(evaluation: Evaluation): EvalAnswer {
  const { id, outcome, runtime = null, durationMs, result } = evaluation
  return { id, outcome, runtime, durationMs, result, ...textsOf(evaluation) }
}
