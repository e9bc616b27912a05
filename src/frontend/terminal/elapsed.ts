const longMs = 1000

/** How long an eval took, where that is worth a word. */
export function elapsed(ms: number): string | undefined {
  if (ms < longMs) return undefined
  const seconds = ms / 1000
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  const whole = Math.floor(seconds)
  return `${Math.floor(whole / 60)} min ${whole % 60} s`
}
