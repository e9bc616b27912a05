/** What a page's Content-Security-Policy must let through for the script to come in and to connect. */
export interface Room {
  /** Where the script comes from: an origin. */
  readonly script: string
  /** Where it connects to: origins. */
  readonly connect: readonly string[]
}

/** Of a directive that is not there, the next one counts. */
const scriptDirectives = ["script-src-elem", "script-src", "default-src"]
const connectDirectives = ["connect-src", "default-src"]

/**
 * The policies (a header may hold several, between commas) with room for the script and its connection, and with no
 * other difference: what is limited by a directive that limits other things, too, gets one of its own. So neither
 * `eval`, nor inline scripts, nor anything of anybody else is allowed where it was not.
 */
export function makeRoom(policies: string, { script, connect }: Room): string {
  return policies
    .split(",")
    .map((policy) => allow(allow(policy, scriptDirectives, [script]), connectDirectives, connect))
    .join(",")
}

function allow(policy: string, names: readonly string[], origins: readonly string[]): string {
  const directives = policy.split(";")
  const own = names[0]!
  const at = names
    .map((name) => directives.findIndex((directive) => nameOf(directive) === name))
    .find((nth) => nth >= 0)
  if (at === undefined) return policy
  const [, ...sources] = words(directives[at]!)
  // Beside other sources 'none' means nothing.
  const allowed = sources.filter((source) => source.toLowerCase() !== "'none'")
  const missing = origins.filter((origin) => !allowed.includes(origin))
  if (missing.length === 0) return policy
  const widened = [own, ...allowed, ...missing].join(" ")
  if (nameOf(directives[at]!) !== own) return `${policy.replace(/;?\s*$/, "")}; ${widened}`
  return directives.with(at, `${at === 0 ? "" : " "}${widened}`).join(";")
}

const words = (directive: string): readonly string[] => directive.trim().split(/\s+/)
const nameOf = (directive: string): string => words(directive)[0]!.toLowerCase()

/** The nonce by which these policies let scripts in, if any. */
export function nonceOf(policies: string): string | undefined {
  for (const directive of policies.split(/[;,]/)) {
    if (!scriptDirectives.includes(nameOf(directive))) continue
    const nonce = /'nonce-([\w+/=-]+)'/i.exec(directive)?.[1]
    if (nonce !== undefined) return nonce
  }
  return undefined
}

/** A `meta` element that holds a policy, with room made in it; any other piece of a page as it is. */
export function makeRoomInMeta(element: string, room: Room): string {
  if (!/\shttp-equiv\s*=\s*["']?content-security-policy["'\s/>]/i.test(element)) return element
  return element.replace(
    /(\scontent\s*=\s*)(?:"([^"]*)"|'([^']*)')/i,
    (_, before: string, double?: string, single?: string) =>
      `${before}"${encode(makeRoom(decode(double ?? single ?? ""), room))}"`,
  )
}

/** Of the characters that a policy is made of, those that may be written in another way. */
const decode = (attribute: string): string =>
  attribute
    .replace(/&(?:#39|#x27|apos);/gi, "'")
    .replace(/&quot;/gi, '"')
    .replace(/&amp;/gi, "&")
const encode = (text: string): string => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;")
