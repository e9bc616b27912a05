import { TextDocument } from "vscode-languageserver-textdocument"
import type { Span } from "../../language/index.ts"
import { blocksOf } from "./blocks.ts"
import type { Connection } from "./connection.ts"
import type { Position } from "./place.ts"

export interface Range {
  readonly start: Position
  readonly end: Position
}

/** A document that is open in the editor, as it is now. */
export interface Document {
  readonly uri: string
  readonly languageId: string
  readonly text: string
  /** Where it is code. */
  readonly blocks: readonly Span[]
  offsetAt(position: Position): number
  positionAt(offset: number): Position
}

export interface DocumentsUse {
  changed(document: Document, before: string): void
  closed(uri: string): void
}

/** Keeps what is open; gives a function to look it up. */
export function followDocuments(connection: Connection, use: DocumentsUse): (uri: string) => Document | undefined {
  const open = new Map<string, TextDocument>()
  connection.onDidOpenTextDocument(({ textDocument: { uri, languageId, version, text } }) => {
    open.set(uri, TextDocument.create(uri, languageId, version, text))
  })
  connection.onDidChangeTextDocument(({ textDocument: { uri, version }, contentChanges }) => {
    const document = open.get(uri)
    if (document === undefined) return
    const before = document.getText()
    const after = TextDocument.update(document, contentChanges, version)
    open.set(uri, after)
    use.changed(view(after), before)
  })
  connection.onDidCloseTextDocument(({ textDocument: { uri } }) => {
    open.delete(uri)
    use.closed(uri)
  })
  return (uri) => {
    const document = open.get(uri)
    return document && view(document)
  }
}

function view(document: TextDocument): Document {
  const { uri, languageId } = document
  const text = document.getText()
  return {
    uri,
    languageId,
    text,
    get blocks() {
      return blocksOf(languageId, text)
    },
    offsetAt: (position) => document.offsetAt(position),
    positionAt: (offset) => document.positionAt(offset),
  }
}
