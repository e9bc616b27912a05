export type { OnChange } from "./change.ts"
export type { Watching } from "./files.ts"
export { watch, type WatchOptions } from "./watch.ts"
