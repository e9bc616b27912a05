import type { RuntimeInfo } from "../../protocol/index.ts"

/** `ready`, `busy 12 s`, `away`, `gone`. */
export function runtimeState({ state, busyMs }: Pick<RuntimeInfo, "state" | "busyMs">): string {
  if (state !== "ready" || busyMs === undefined) return state
  const seconds = Math.floor(busyMs / 1000)
  return seconds < 60 ? `busy ${seconds} s` : `busy ${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
