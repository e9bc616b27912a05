import { topForms } from "../../language/index.ts"
import { formatValue } from "../terminal/format.ts"
import { plainStyle } from "../terminal/style.ts"
import { commandFor, titles } from "./commands.ts"
import {
  CompletionItemKind,
  MarkupKind,
  type CodeAction,
  type CodeLens,
  type CompletionList,
  type Hover,
  type InlayHint,
} from "./connection.ts"
import type { EditorDesk } from "./desk.ts"
import { chainAt, continuationAt, writable } from "./live.ts"
import type { Extent } from "./piece.ts"

/** What the editor is offered at a place: names and values of the live page, evals, and the results of those that were. */
export function offer(desk: EditorDesk): void {
  const { connection, results, eraseTypes, beginning, frontEnd, documentOf, openDocument } = desk

  connection.onCompletion(async ({ textDocument, position }): Promise<CompletionList | null> => {
    const document = documentOf(textDocument.uri)
    const continuation = document && continuationAt(document, position)
    if (!document || !continuation) return null
    const { chain, prefix, from } = continuation
    const live = await frontEnd()
      .complete(chain, prefix)
      .catch(() => undefined)
    if (live === undefined) return null
    const range = { start: document.positionAt(from), end: position }
    const kind = chain.length === 0 ? CompletionItemKind.Variable : CompletionItemKind.Property
    const items = writable(live.names, continuation).map((label, index) => ({
      label,
      kind,
      detail: "live",
      // Behind whatever others know: the last characters of ASCII.
      sortText: `~~${String(index).padStart(4, "0")}`,
      textEdit: { range, newText: label },
    }))
    return { isIncomplete: live.isCut, items }
  })

  connection.onHover(async ({ textDocument, position }): Promise<Hover | null> => {
    const document = documentOf(textDocument.uri)
    const named = document && chainAt(document, position)
    if (!document || !named) return null
    const live = await frontEnd()
      .look(named.chain)
      .catch(() => undefined)
    if (live === undefined) return null
    const range = { start: document.positionAt(named.from), end: document.positionAt(named.to) }
    return { contents: { kind: MarkupKind.PlainText, value: `live: ${formatValue(live, plainStyle, 80)}` }, range }
  })

  connection.onCodeAction(({ textDocument, range }): CodeAction[] => {
    const isEmpty = range.start.line === range.end.line && range.start.character === range.end.character
    const meant: readonly Extent[] = isEmpty ? ["form", "line"] : ["selection"]
    return meant.map((extent) => ({
      title: titles[extent],
      kind: "replBridge",
      command: commandFor(extent, textDocument.uri, range),
    }))
  })

  connection.onCodeLens(({ textDocument: { uri } }): CodeLens[] => {
    if (!beginning().showsCodeLenses) return []
    const document = openDocument(uri)
    return document.blocks.flatMap((block) =>
      topForms(document.text.slice(block.from, block.to), eraseTypes).map(({ from, to }) => {
        const range = { start: document.positionAt(block.from + from), end: document.positionAt(block.from + to) }
        return { range, command: commandFor("selection", uri, range, "Eval") }
      }),
    )
  })

  connection.languages.inlayHint.on(({ textDocument: { uri }, range }): InlayHint[] => {
    const document = documentOf(uri)
    if (document === undefined || !beginning().showsResults) return []
    const ends = document.text.split("\n")
    return results
      .of(uri)
      .filter(({ to }) => range.start.line <= to && to <= range.end.line)
      .map(({ to, line, text }) => ({
        position: { line: to, character: ends[to]!.replace(/\r$/, "").length },
        label: `=> ${line}`,
        paddingLeft: true,
        tooltip: text,
      }))
  })
}
