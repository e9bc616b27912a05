/**
 * Text that a page or a stranger chose, on one line and of bounded length:
 * control, format (bidi, zero-width, tag), line-separating and surrogate
 * characters become spaces. What is written to a terminal is neutralised there again.
 */
export function plain(text: string, maxLength: number): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text
  return cut.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ").trim()
}

/** Foreign text inside a sentence of ours: printable ASCII in quotes. */
export function quoted(text: string): string {
  return JSON.stringify(plain(text, 100)).replace(/[^ -~]/g, "?")
}
