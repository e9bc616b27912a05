import { closeCode, ops, type RawMessage } from "../protocol/index.ts"
import type { Role } from "./hello.ts"

/** What no end of ours ever says, by mistake or by version: its socket is closed for good. */
export class Offence extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.name = "Offence"
    this.code = code
  }
}

/** Levels of nesting in a header. What is nested without end cannot be written again: to try would throw. */
const maxDepth = 64

/** @throws {@link Offence} */
export function checkHeader(header: RawMessage["header"], role: Role): void {
  const { op } = header
  const [own, other] = role === "runtime" ? [ops.runtime, ops.frontEnd] : [ops.frontEnd, ops.runtime]
  if (other.has(op) && !own.has(op)) {
    throw new Offence(closeCode.policy, `a ${role} may not say ${op}: its role is fixed by the path it dialled`)
  }
  if (isDeeper(header, maxDepth)) {
    throw new Offence(closeCode.badHello, `a header may be nested ${maxDepth} levels deep, no more`)
  }
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1))
}
