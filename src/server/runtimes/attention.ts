/**
 * Whether the code of a runtime answers. A page that a long eval blocks, or that
 * stands still in a debugger, says nothing, while the browser goes on answering for
 * it on the level of WebSocket. So it is questioned on both levels, and is busy
 * when only the lower one answers.
 *
 *               asked             due                due: its network answered, and nothing else came
 *   listening ────────▶ expected ─────▶ questioned ──────────────────────────▶ busy
 *     ▲  │ doubted, due: it owes         ▲     │ ▲                               │
 *     │  └───────────────────────────────┘     └─┘ due: all of it is silent       │
 *     └── heard ◀──────── from everywhere ◀───────────────────────────────────────┘
 *
 * A runtime that owes the outcome of an eval is questioned every second; one that
 * owes nothing, only when its own heartbeat stays out.
 */
export type Attention =
  | { readonly at: "listening" }
  /** It was asked something, and nothing was heard since. */
  | { readonly at: "expected"; readonly since: number }
  /** `ponged`: how many bytes had come from it when its network answered. */
  | { readonly at: "questioned"; readonly since: number; readonly ponged: number | undefined }
  | { readonly at: "busy"; readonly since: number }

export type AttentionEvent =
  /** It was sent what it must answer. */
  | { readonly type: "asked" }
  /** Its heartbeat stayed out. */
  | { readonly type: "doubted" }
  /** A frame came, which only its code can have written. */
  | { readonly type: "heard" }
  | { readonly type: "ponged"; readonly bytesRead: number }
  /** `owes`: an eval runs there. `hasNetwork`: what answers on the level of WebSocket is not its code. */
  | { readonly type: "due"; readonly owes: boolean; readonly bytesRead: number; readonly hasNetwork: boolean }

/** `question`: pings on both levels. `arm`: a timer of {@link questionMs}, unless it runs. */
export type AttentionEffect = "question" | "arm" | "show"

export interface AttentionStep {
  readonly attention: Attention
  readonly effects: readonly AttentionEffect[]
}

/** How long an answer may take before one asks, and then before one knows. */
export const questionMs = 1000

export const attentive: Attention = { at: "listening" }

export function stepAttention(attention: Attention, event: AttentionEvent, now: number): AttentionStep {
  switch (event.type) {
    case "asked":
      return attention.at === "listening"
        ? { attention: { at: "expected", since: now }, effects: ["arm"] }
        : same(attention)
    case "doubted":
      return attention.at === "listening" ? question(now) : same(attention)
    case "heard":
      return { attention: attentive, effects: attention.at === "busy" ? ["show", "arm"] : [] }
    case "ponged":
      return same(attention.at === "questioned" ? { ...attention, ponged: event.bytesRead } : attention)
    case "due":
      return due(attention, event, now)
    default:
      return event satisfies never
  }
}

function due(
  attention: Attention,
  { owes, bytesRead, hasNetwork }: Extract<AttentionEvent, { type: "due" }>,
  now: number,
): AttentionStep {
  switch (attention.at) {
    case "listening":
      return owes ? question(now) : same(attention)
    case "expected":
      return question(attention.since)
    case "questioned":
      // Behind a long frame that is just coming, its answer waits.
      if (!hasNetwork || attention.ponged === bytesRead) {
        return { attention: { at: "busy", since: attention.since }, effects: ["show"] }
      }
      return {
        attention: attention.ponged === undefined ? attention : { ...attention, ponged: bytesRead },
        effects: ["arm"],
      }
    case "busy":
      return same(attention)
    default:
      return attention satisfies never
  }
}

function question(since: number): AttentionStep {
  return { attention: { at: "questioned", since, ponged: undefined }, effects: ["question", "arm"] }
}

function same(attention: Attention): AttentionStep {
  return { attention, effects: [] }
}
