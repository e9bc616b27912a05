/** What a person wrote for an option, as a value. Each throws an Error that says what it takes. */

export function portNumber(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) throw new Error("A port is a number from 0 to 65535.")
  return port
}

export function count(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new Error("It must be a whole number from 1 to 999999.")
  return Number(text)
}

const unitMs: Readonly<Record<string, number>> = { "": 1, ms: 1, s: 1000, m: 60_000 }

export function milliseconds(text: string): number {
  const [, amount, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m)?$/.exec(text) ?? []
  if (amount === undefined) throw new Error("A time is a number of milliseconds, or like 5s or 2m.")
  return Math.round(Number(amount) * unitMs[unit ?? ""]!)
}

export function atLeast(leastMs: number): (text: string) => number {
  return (text) => {
    const ms = milliseconds(text)
    if (ms < leastMs) throw new Error(`It must be at least ${leastMs} ms.`)
    return ms
  }
}
