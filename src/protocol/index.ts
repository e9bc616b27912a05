export { closeCode, isFinal } from "./close-codes.ts"
export { decodeFromFrontEnd, decodeFromRuntime, decodeToFrontEnd, decodeToRuntime, type Decode } from "./decode.ts"
export {
  FrameError,
  maxBatchLength,
  readFrame,
  writeData,
  writeFrame,
  writeMessage,
  type FrameErrorCode,
  type RawMessage,
} from "./frame.ts"
export { ops } from "./messages.ts"
export type {
  AnsweringRuntime,
  FromFrontEnd,
  FromRuntime,
  LevelSummary,
  RuntimeInfo,
  RuntimeState,
  Said,
  ToFrontEnd,
  ToRuntime,
  WithBody,
} from "./messages.ts"
export { newsOfLine } from "./news.ts"
export { outcomeKinds, textLimits } from "./outcome.ts"
export type { LossCode, Lost, Outcome, OutcomeKind, Refused, RemoteObject, Stopped, Thrown } from "./outcome.ts"
export { previewLimits } from "./preview.ts"
export type { ObjectPreview, Preview, PreviewEntry, PreviewKey, Token } from "./preview.ts"
export { features, packageVersion, protocolVersion } from "./version.ts"
