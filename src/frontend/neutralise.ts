/**
 * What a terminal would obey, or a reader would not see: controls, marks that
 * reorder text, characters without width or shape such as tags, halves of a
 * character. But for what makes one picture of two, as in 👩‍💻 and ❤️.
 */
const treacherous =
  /(?!(?<=\p{Extended_Pictographic})\ufe0f|(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}]\ufe0f?)\u200d(?=\p{Extended_Pictographic}))[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

const short: Readonly<Record<string, string>> = {
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
}

/** Foreign text as it may be written to a terminal: what is treacherous is shown escaped; line breaks and tabs stay. */
export function neutralise(text: string): string {
  return text.replace(treacherous, (character) =>
    character === "\n" || character === "\t" ? character : escape(character),
  )
}

/** The same on one line. */
export function neutraliseLine(text: string): string {
  return text.replace(treacherous, escape)
}

/** A character as code writes it. */
function escape(character: string): string {
  const hex = character.codePointAt(0)!.toString(16).toUpperCase()
  if (character in short) return short[character]!
  if (hex.length <= 2) return `\\x${hex.padStart(2, "0")}`
  return hex.length <= 4 ? `\\u${hex.padStart(4, "0")}` : `\\u{${hex}}`
}
