/** What a part of the code is, for its colour. */
export type TokenKind =
  | "plain"
  | "keyword"
  | "string"
  | "number"
  | "regexp"
  | "comment"
  | "null"
  | "undefined"
  | "special"

/** From the end of the token before it to its own. */
export interface Token {
  readonly kind: TokenKind
  readonly end: number
}

const words: Readonly<Record<string, TokenKind>> = {
  ...each(
    "keyword",
    "async await break case catch class const continue debugger default delete do else export extends finally for from function get if import in instanceof let new of return set static super switch this throw try typeof using var void while with yield",
  ),
  ...each("number", "true false NaN Infinity"),
  null: "null",
  undefined: "undefined",
}

function each(kind: TokenKind, list: string): Record<string, TokenKind> {
  return Object.fromEntries(list.split(" ").map((word) => [word, kind]))
}

/** Keywords after which a slash begins a regular expression. */
const beforeExpression = new Set(
  "await case delete do else in instanceof new of return throw typeof void yield".split(" "),
)

const shapes = {
  space: /\s+/y,
  comment: /\/\/.*|\/\*[^]*?(?:\*\/|$)/y,
  number: /(?:0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)n?/y,
  string: /"(?:\\[^]|[^"\\\n])*"?|'(?:\\[^]|[^'\\\n])*'?/y,
  word: /[#@]?[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy,
  regexp: /\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]?|[^/\\[\n])+(?:\/[\w]*|$)/my,
  template: /(?:\\[^]|\$(?!\{)|[^`\\$])*(?:`|\$\{|$)/y,
  other: /[^]/uy,
}

type Shape = keyof typeof shapes

/**
 * Cuts code into tokens for its colours. Takes any text, finished or not: what
 * it guesses wrong is a wrong colour and nothing else.
 */
export function tokenize(code: string): readonly Token[] {
  const tokens: Token[] = []
  /** Open brackets; a template's `${` among them, so that its end is known. */
  const open: string[] = []
  let at = 0
  let isOperand = false

  const take = (shape: Shape): string => {
    shapes[shape].lastIndex = at
    return shapes[shape].exec(code)?.[0] ?? ""
  }
  const push = (kind: TokenKind, text: string): void => {
    at += text.length
    tokens.push({ kind, end: at })
  }

  while (at < code.length) {
    const space = take("space")
    if (space !== "") {
      push("plain", space)
      continue
    }
    const comment = take("comment")
    if (comment !== "") {
      push("comment", comment)
      continue
    }
    const start = code[at]!
    if (start === '"' || start === "'") {
      push("string", take("string"))
      isOperand = true
    } else if (start === "`" || (start === "}" && open.at(-1) === "${")) {
      if (start === "}") open.pop()
      at++
      const text = take("template")
      push("string", text)
      if (text.endsWith("${")) open.push("${")
      isOperand = !text.endsWith("${")
    } else if (take("number") !== "") {
      push("number", take("number"))
      isOperand = true
    } else if (take("word") !== "") {
      const word = take("word")
      const isProperty = code[at - 1] === "." && code[at - 2] !== "."
      push(isProperty || !Object.hasOwn(words, word) ? "plain" : words[word]!, word)
      isOperand = isProperty || !beforeExpression.has(word)
    } else if (start === "/" && !isOperand && take("regexp") !== "") {
      push("regexp", take("regexp"))
      isOperand = true
    } else {
      const character = take("other")
      if ("([{".includes(start)) open.push(start)
      if (")]}".includes(start)) open.pop()
      isOperand = ")]}".includes(start)
      push("plain", character)
    }
  }
  return tokens
}
