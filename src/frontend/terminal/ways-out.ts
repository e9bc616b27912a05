/** The ways out of the process that no code of ours takes part in. */
const deadly = ["SIGINT", "SIGTERM", "SIGHUP"] as const

/**
 * Calls `restore` on every way out of the process: an exit, an uncaught error, a
 * signal. A signal that nobody else handles then does what it does without us.
 * Returns a function that forgets all this.
 */
export function onWayOut(restore: () => void): () => void {
  const listeners = deadly.map((signal) => {
    const listener = (): void => {
      restore()
      forget()
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
    }
    process.on(signal, listener)
    return () => process.off(signal, listener)
  })
  const forget = (): void => {
    process.off("exit", restore)
    for (const off of listeners) off()
  }
  process.on("exit", restore)
  return forget
}
