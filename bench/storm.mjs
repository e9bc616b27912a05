// What a crowd does when its bridge dies: 100,000 runtimes in virtual time, each the real link machine, against a bridge
// that can welcome so many a second. Prints the peak of dials, the dials each needed, and when all were back; draws
// docs/storm.svg. `npm run build` first: it runs what is built.
import { writeFileSync } from "node:fs"
import { createBackoff } from "../dist/link/backoff.js"
import { initialMachine, step } from "../dist/link/machine.js"

const crowd = Number(process.argv[2] ?? 100_000)
const capacity = 2500
const outageMs = 500
/** A handshake that waits longer than this is refused as busy. */
const patienceMs = 1000
const ideal = crowd / capacity

const ways = [
  { name: "no jitter, no spread", jitter: 0, spreadMs: 0, colour: "#f07178" },
  { name: "jitter ±25 %", jitter: 0.25, spreadMs: 0, colour: "#e0a030" },
  { name: "spread named in the welcome", jitter: 0.25, spreadMs: (crowd / capacity) * 1000, colour: "#3aa675" },
]

const results = ways.map((way) => ({ ...way, ...simulate(way) }))
for (const { name, peak, dials, allReadyMs, ready } of results) {
  const back =
    ready === crowd
      ? `all ready after ${(allReadyMs / 1000).toFixed(1)} s`
      : `${ready} of ${crowd} ready after 10 minutes`
  console.log(
    `${name}: ${back} (ideal ${ideal.toFixed(1)} s), peak ${peak} dials/s, ${(dials / crowd).toFixed(2)} dials each`,
  )
}
writeFileSync(new URL("../docs/storm.svg", import.meta.url), plot(results))

/** Timers and arrivals in the order of their time. */
function createAgenda() {
  const heap = []
  const before = (a, b) => a.at < b.at || (a.at === b.at && a.order < b.order)
  let order = 0
  return {
    add(at, run) {
      const entry = { at, run, order: order++ }
      let index = heap.push(entry) - 1
      while (index > 0) {
        const parent = (index - 1) >> 1
        if (!before(entry, heap[parent])) break
        heap[index] = heap[parent]
        index = parent
      }
      heap[index] = entry
    },
    next() {
      const [first] = heap
      const last = heap.pop()
      if (heap.length === 0 || first === last) return first
      let index = 0
      for (;;) {
        let child = 2 * index + 1
        if (child >= heap.length) break
        if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++
        if (!before(heap[child], last)) break
        heap[index] = heap[child]
        index = child
      }
      heap[index] = last
      return first
    },
  }
}

function simulate({ jitter, spreadMs }) {
  let seed = 42
  const random = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x80000000
  const config = {
    delay: createBackoff({ jitter }, false),
    maxAttempts: Infinity,
    setupMs: 15_000,
    silenceMs: undefined,
    heartbeat: false,
    resetAfter: 5000,
  }
  const agenda = createAgenda()
  const dialsBySecond = []
  let now = 0
  let dials = 0
  let ready = 0
  let allReadyMs = 0
  /** When the bridge will have welcomed everyone who is in line. */
  let freeAt = outageMs

  const runtimes = Array.from({ length: crowd }, () => ({ machine: initialMachine, timers: {} }))
  const tell = (runtime, event) => {
    const next = step(runtime.machine, event, { now, random }, config)
    runtime.machine = next.machine
    for (const effect of next.effects) perform(runtime, effect)
  }
  const socket = (runtime, attempt, type, more) => tell(runtime, { type, attempt, ...more })
  const welcome = { op: "welcome", protocol: 1, version: "0", bridge: "b", spreadMs }

  function perform(runtime, effect) {
    if (effect.do === "rest") runtime.timers = {}
    if (effect.do === "arm") {
      const mark = (runtime.timers[effect.timer] = {})
      agenda.add(now + effect.ms, () => {
        if (runtime.timers[effect.timer] === mark) tell(runtime, { type: "due", timer: effect.timer })
      })
    }
    if (effect.do === "dial") arrive(runtime, effect.attempt)
  }

  function arrive(runtime, attempt) {
    dials++
    const second = Math.floor(now / 1000)
    dialsBySecond[second] = (dialsBySecond[second] ?? 0) + 1
    const turn = Math.max(now, freeAt)
    const isRefused = now < outageMs || turn - now > patienceMs
    if (isRefused) {
      const drop = { code: 1006, reason: "", wasClean: false }
      agenda.add(now, () => socket(runtime, attempt, "closed", { drop, mayRetry: true }))
      return
    }
    freeAt = turn + 1000 / capacity
    agenda.add(turn, () => {
      socket(runtime, attempt, "opened")
      socket(runtime, attempt, "welcomed", { welcome })
      allReadyMs = now - outageMs
      ready++
    })
  }

  // All were ready, and the bridge dies under them.
  for (const runtime of runtimes) {
    runtime.machine = {
      ...initialMachine,
      attempt: 1,
      hasBeenReady: true,
      spreadMs,
      state: { name: "ready", since: -60_000, heart: undefined, retryAfterMs: undefined },
    }
    const drop = { code: 1006, reason: "", wasClean: false }
    tell(runtime, { type: "closed", attempt: 1, drop, mayRetry: true })
  }
  for (;;) {
    const entry = agenda.next()
    if (!entry || entry.at > 600_000 || ready === crowd) break
    now = entry.at
    entry.run()
  }
  const bySecond = Array.from({ length: dialsBySecond.length }, (_, second) => dialsBySecond[second] ?? 0)
  return { dials, ready, allReadyMs, bySecond, peak: Math.max(...bySecond) }
}

function plot(series) {
  const [width, height, left, bottom] = [760, 300, 60, 40]
  const seconds = 120
  const top = Math.max(...series.map(({ peak }) => peak))
  const x = (second) => left + (second / seconds) * (width - left - 20)
  // By the root, so that the quiet curves are seen beside the loud one.
  const y = (value) => height - bottom - Math.sqrt(value / top) * (height - bottom - 60)
  const lines = series.map(({ bySecond, colour, name }, index) => {
    const points = bySecond.slice(0, seconds).map((value, second) => `${x(second).toFixed(1)},${y(value).toFixed(1)}`)
    return `<polyline points="${points.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>
<text x="${left + 10}" y="${20 + index * 17}" fill="${colour}">${name}</text>`
  })
  const marks = [0, 30, 60, 90, 120].map(
    (s) => `<text x="${x(s)}" y="${height - 18}" text-anchor="middle">${s} s</text>`,
  )
  const limit = `<line x1="${left}" x2="${width - 20}" y1="${y(capacity)}" y2="${y(capacity)}" stroke="#888" stroke-dasharray="4 4"/>
<text x="${width - 24}" y="${y(capacity) - 5}" text-anchor="end">what the bridge can welcome: ${capacity} a second</text>`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="#555">
<rect width="100%" height="100%" fill="#fff"/>
<line x1="${left}" x2="${width - 20}" y1="${height - bottom}" y2="${height - bottom}" stroke="#888"/>
${limit}
${lines.join("\n")}
${marks.join("")}
<text x="${left - 6}" y="${y(top) + 4}" text-anchor="end">${top}</text>
<text x="${width / 2}" y="${height - 3}" text-anchor="middle">dials a second after the bridge of ${crowd.toLocaleString("en")} runtimes died (root scale)</text>
</svg>
`
}
