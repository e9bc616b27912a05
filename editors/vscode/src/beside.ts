import * as vscode from "vscode"
import type { LanguageClient } from "vscode-languageclient/node"
import { languages } from "./words.ts"

/** A result as the language server hints it. */
interface Hint {
  readonly position: { readonly line: number }
  readonly label: string
  readonly tooltip?: string
}

/** A result beside its line. */
export interface Shown {
  readonly line: number
  readonly text: string
}

/**
 * Draws results beside the lines. The language server knows where they stand and when they go; here they are only
 * drawn, at full length, which inlay hints of VS Code are not.
 */
export class Beside implements vscode.Disposable {
  readonly #client: LanguageClient
  readonly #look = vscode.window.createTextEditorDecorationType({
    after: { margin: "0 0 0 2em", color: new vscode.ThemeColor("editorCodeLens.foreground") },
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
  })
  readonly #shown = new Map<string, readonly Shown[]>()
  readonly #followed: vscode.Disposable

  constructor(client: LanguageClient) {
    this.#client = client
    this.#followed = vscode.Disposable.from(
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.refresh(document)),
      vscode.workspace.onDidCloseTextDocument((document) => this.#shown.delete(document.uri.toString())),
      vscode.window.onDidChangeVisibleTextEditors((editors) => {
        for (const { document } of editors) void this.refresh(document)
      }),
    )
  }

  of(document: vscode.TextDocument): readonly Shown[] {
    return this.#shown.get(document.uri.toString()) ?? []
  }

  async refresh(document: vscode.TextDocument): Promise<void> {
    const uri = document.uri.toString()
    if (!this.#client.isRunning() || !languages.includes(document.languageId)) return
    const range = { start: { line: 0, character: 0 }, end: { line: document.lineCount, character: 0 } }
    const { version } = document
    const hints = await this.#client.sendRequest<readonly Hint[] | null>("textDocument/inlayHint", {
      textDocument: { uri: this.#client.code2ProtocolConverter.asUri(document.uri) },
      range,
    })
    // Edited meanwhile: the next answer is on its way.
    if (document.version !== version) return
    const shown = (hints ?? []).map(({ position, label }) => ({ line: position.line, text: label }))
    this.#shown.set(
      uri,
      shown.sort((one, other) => one.line - other.line),
    )
    const options = (hints ?? []).map((hint) => optionsFor(document, hint))
    for (const editor of vscode.window.visibleTextEditors) {
      if (editor.document === document) editor.setDecorations(this.#look, options)
    }
  }

  dispose(): void {
    this.#followed.dispose()
    this.#look.dispose()
  }
}

function optionsFor(document: vscode.TextDocument, { position, label, tooltip }: Hint): vscode.DecorationOptions {
  const { line } = position
  return {
    range: document.lineAt(Math.min(line, document.lineCount - 1)).range,
    renderOptions: { after: { contentText: label } },
    // Text of a page: a code block shows it as it is.
    ...(tooltip !== undefined && { hoverMessage: new vscode.MarkdownString().appendCodeblock(tooltip, "text") }),
  }
}
