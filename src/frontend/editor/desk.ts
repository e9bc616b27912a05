import type { FrontEnd } from "../frontend.ts"
import type { Beginning } from "./beginning.ts"
import type { Connection } from "./connection.ts"
import type { Document } from "./documents.ts"
import type { Results } from "./results.ts"

/** What the parts of the server share: one editor, its documents, and the way to the bridge. */
export interface EditorDesk {
  readonly connection: Connection
  readonly results: Results
  readonly eraseTypes: ((code: string) => string | undefined) | undefined
  /** Throws before the editor has begun. */
  readonly beginning: () => Beginning
  /** Opened when it is first needed: by then the editor has said its name. */
  readonly frontEnd: () => FrontEnd
  readonly documentOf: (uri: string) => Document | undefined
  /** The document, or an error for the editor where it is not open. */
  readonly openDocument: (uri: string) => Document
  /** Not once the editor has left. */
  readonly say: (method: string, params: object) => void
}
