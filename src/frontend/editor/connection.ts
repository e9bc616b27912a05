import type { Readable, Writable } from "node:stream"
import { createConnection as createConnectionOver, createProtocolConnection } from "vscode-languageserver"
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
export type Connection = ReturnType<typeof openConnectionOfProcess>

export interface Wire {
  readonly reader: MessageReader
  readonly writer: MessageWriter
}

/** Messages as language servers frame them. */
export function framed(input: Readable, output: Writable): Wire {
  return { reader: new StreamMessageReader(input), writer: new StreamMessageWriter(output) }
}

/** Ends this process when the editor says `exit`, and when the editor's own process is gone. */
export function openConnectionOfProcess({ reader, writer }: Wire) {
  return createConnection(ProposedFeatures.all, reader, writer)
}

/** Calls `exited` instead: others may live in this process. */
export function openConnection({ reader, writer }: Wire, exited: () => void): Connection {
  const watchDog = { shutdownReceived: false, initialize: () => undefined, exit: exited }
  return createConnectionOver(
    (logger) => createProtocolConnection(reader, writer, logger),
    watchDog,
    ProposedFeatures.all,
  )
}
