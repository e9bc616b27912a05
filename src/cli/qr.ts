import { renderUnicodeCompact } from "uqr"

/** A URL as a picture that a telephone reads, two of its rows in a line; for terminals that write light on dark. */
export function qrCode(url: string): string {
  return renderUnicodeCompact(url, { border: 2 })
}
