import { exitCode } from "../frontend/index.ts"

/** The first of these signals aborts what is under way; the second ends the process at once. */
export function catchInterrupts(signals: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"]): AbortSignal {
  const interrupt = new AbortController()
  for (const signal of signals) {
    process.on(signal, () => {
      if (interrupt.signal.aborted) process.exit(exitCode.interrupted)
      interrupt.abort()
    })
  }
  return interrupt.signal
}
