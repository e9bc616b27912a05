export { connectFrontEnd, openFrontEnd, type FrontEndOptions } from "./connect.ts"
export { runEditorServer, type EditorOptions } from "./editor/index.ts"
export { openRpc } from "./editor/rpc.ts"
export { FrontEndError, type FrontEndErrorCode } from "./errors.ts"
export type {
  ConsoleLine,
  EvaluateOptions,
  Evaluation,
  ExpandOptions,
  FrontEnd,
  FrontEndEvents,
  LineQuery,
  LookOptions,
  Recollection,
} from "./frontend.ts"
export { createLog, followLog, type Log, type LogOptions } from "./log.ts"
export { serveMcp } from "./mcp/index.ts"
export { neutralise, neutraliseLine } from "./neutralise.ts"
export { createTerminalLanguage } from "./terminal-language.ts"
export { printCopies } from "./terminal/copies.ts"
export { formatOutcome } from "./terminal/format.ts"
export {
  exitCode,
  exitCodeOf,
  plainStyle,
  runTerminal,
  runtimeTable,
  type Limits,
  type Style,
} from "./terminal/index.ts"
export { followNews } from "./terminal/news.ts"
export { showConsoleLine, showOutcome } from "./terminal/show.ts"
export { watch, type OnChange, type Watching, type WatchOptions } from "./watch/index.ts"
