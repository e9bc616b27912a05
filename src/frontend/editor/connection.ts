import type { Readable, Writable } from "node:stream"
import {
  createConnection,
  ProposedFeatures,
  StreamMessageReader,
  StreamMessageWriter,
  type MessageReader,
  type MessageWriter,
} from "vscode-languageserver/node"

export {
  AbstractMessageReader,
  AbstractMessageWriter,
  CodeActionKind,
  CompletionItemKind,
  DiagnosticSeverity,
  ErrorCodes,
  InlayHintKind,
  LSPErrorCodes,
  MarkupKind,
  MessageType,
  ResponseError,
  TextDocumentSyncKind,
} from "vscode-languageserver/node"
export type {
  CancellationToken,
  CodeAction,
  CodeLens,
  CompletionList,
  Diagnostic,
  Hover,
  InitializeParams,
  InitializeResult,
  InlayHint,
  Message,
} from "vscode-languageserver/node"
export type Connection = ReturnType<typeof openConnection>

export interface Wire {
  readonly reader: MessageReader
  readonly writer: MessageWriter
}

/** Messages as language servers frame them. */
export function framed(input: Readable, output: Writable): Wire {
  return { reader: new StreamMessageReader(input), writer: new StreamMessageWriter(output) }
}

export function openConnection({ reader, writer }: Wire) {
  return createConnection(ProposedFeatures.all, reader, writer)
}
