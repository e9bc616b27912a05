import { describe, expect, test } from "vitest"
import { createScout } from "./scout.ts"

/** Workers, the blobs they are made of, and a hand on both. */
function fakeWorkers() {
  const blobs = new Set<string>()
  const workers = new Set<FakeWorker>()
  let made = 0

  class FakeWorker extends EventTarget {
    readonly asked: unknown[] = []
    constructor(source: string) {
      super()
      if (forbid.constructor) throw new Error("SecurityError")
      expect(blobs).toContain(source)
      workers.add(this)
    }
    postMessage(message: unknown): void {
      this.asked.push(message)
    }
    terminate(): void {
      workers.delete(this)
    }
  }
  const forbid = { constructor: false }
  const time = { now: 0 }
  const surroundings = {
    performance: { now: () => time.now } as Performance,
    Worker: FakeWorker as unknown as typeof Worker,
    Blob,
    URL: class extends URL {
      static override createObjectURL(): string {
        const url = `blob:${++made}`
        blobs.add(url)
        return url
      }
      static override revokeObjectURL(url: string): void {
        blobs.delete(url)
      }
    },
  }
  return {
    surroundings,
    forbid,
    time,
    left: () => workers.size + blobs.size,
    get worker(): FakeWorker {
      const [worker, ...others] = workers
      if (!worker || others.length > 0) throw new Error(`there are ${workers.size} workers`)
      return worker
    },
    sees(...looks: (boolean | string | null)[]): void {
      for (const data of looks) this.worker.dispatchEvent(new MessageEvent("message", { data }))
    },
  }
}

function search(address = "ws://127.0.0.1:9001/runtime") {
  const workers = fakeWorkers()
  const scout = createScout(workers.surroundings)
  const reports: (boolean | undefined)[] = []
  const reasons: string[] = []
  const again = (wasReady = false) =>
    scout(
      address,
      (there) => void reports.push(there),
      (why) => void reasons.push(why),
      wasReady,
    )
  return { workers, reports, reasons, again, end: again() }
}

describe("[L19] the scout", () => {
  test("looks at once, and then every 250 ms on loopback", () => {
    const { workers } = search()
    workers.sees(false, false)
    expect(workers.worker.asked).toEqual([
      ["http://127.0.0.1:9001/client.js", 0, undefined],
      ["http://127.0.0.1:9001/client.js", 250, false],
      ["http://127.0.0.1:9001/client.js", 250, false],
    ])
  })

  test("looks every 5 s elsewhere", () => {
    const { workers } = search("wss://bridge.example.com/runtime")
    workers.sees(false)
    expect(workers.worker.asked[1]).toEqual(["https://bridge.example.com/client.js", 5000, false])
  })

  test("says that the bridge is away, and that it is back", () => {
    const { workers, reports } = search()
    workers.sees(false, false, true)
    expect(reports).toEqual([false, false, true])
  })

  test("repeats that the bridge is back until it is told to end", () => {
    const { workers, reports, end } = search()
    workers.sees(false, true, true)
    expect(reports).toEqual([false, true, true])
    end()
    expect(workers.left()).toBe(0)
  })

  test("says nothing of a bridge that was there all along: the backoff rules", () => {
    const { workers, reports } = search()
    workers.sees(true, true, true)
    expect(reports).toEqual([])
  })

  test("tells at its first look that the bridge is there if the link was ready: it may have restarted in no time", () => {
    const { workers, reports, end, again } = search()
    end()
    again(true)
    workers.sees(true)
    expect(reports.at(-1)).toBe(true)
  })

  test("takes a bridge whose link was ready for away until its worker has looked: that may take a second to start", () => {
    const { reports, end, again } = search()
    end()
    again(true)
    expect(reports).toEqual([false])
  })

  test("but not elsewhere, where many come back at once", () => {
    const { workers, reports, end, again } = search("wss://bridge.example.com/runtime")
    end()
    again(true)
    workers.sees(true)
    expect(reports).toEqual([])
  })

  test("tells at its first look that the bridge came back between two searches", () => {
    const { workers, reports, end, again } = search()
    workers.sees(false)
    end()
    again()
    workers.sees(true)
    expect(reports).toEqual([false, true])
  })

  test("takes it for no news once it was found twice: it may have gone again before the link was ready", () => {
    const { workers, reports, end, again } = search()
    workers.sees(false, true)
    end()
    end()
    const endSecond = again()
    workers.sees(true)
    endSecond()
    again()
    workers.sees(true)
    expect(reports).toEqual([false, true, true])
  })

  test("[A09] asks a bridge that is there and lets no socket in for its reason, every 5 s at most", () => {
    const { workers, reports, reasons, end, again } = search()
    const asks = () => workers.worker.asked.map((ask) => (ask as unknown[])[2])
    workers.sees(true, true, "no pages of evil.example\n")
    expect(asks()).toEqual([undefined, "http://127.0.0.1:9001/runtime", false])
    expect([reports, reasons]).toEqual([[], ["no pages of evil.example"]])
    end()
    workers.time.now = 4999
    again()
    workers.sees(true)
    workers.time.now = 5000
    workers.sees(true)
    expect(asks()).toEqual([undefined, false, "http://127.0.0.1:9001/runtime"])
  })

  test("asks nothing of a bridge that was away", () => {
    const { workers } = search()
    workers.sees(false, true)
    expect(workers.worker.asked.map((ask) => (ask as unknown[])[2])).toEqual([undefined, false, false])
  })

  test("keeps its misses to itself in one minute of five, so that the link dials although all looks fail", () => {
    const { workers, reports } = search()
    // Whatever time a look takes.
    const told = (looks: number): number => {
      const before = reports.length
      for (let look = 0; look < looks; look++) {
        workers.sees(false)
        workers.time.now += 5250
      }
      return reports.length - before
    }
    const minute = Math.ceil(60_000 / 5250)
    expect(told(4 * minute - 2)).toBe(4 * minute - 2)
    expect(told(minute)).toBe(0)
    expect(told(minute)).toBe(minute)
  })

  test("leaves neither a worker nor a blob behind, and is silent from then on", () => {
    const { workers, reports, end } = search()
    const { worker } = workers
    end()
    end()
    worker.dispatchEvent(new MessageEvent("message", { data: false }))
    expect(workers.left()).toBe(0)
    expect(reports).toEqual([])
  })

  test.each<[string, (workers: ReturnType<typeof fakeWorkers>) => void]>([
    ["the worker's program is forbidden", ({ worker }) => worker.dispatchEvent(new Event("error"))],
    ["the request is forbidden", (workers) => workers.sees(null)],
  ])("never looks again where %s", (_, happen) => {
    const { workers, reports, end, again } = search()
    end()
    again(true)
    happen(workers)
    expect(workers.left()).toBe(0)
    // What it took for granted does not count any more.
    expect(reports).toEqual([false, undefined])
    again()()
    expect(workers.left()).toBe(0)
  })

  test("is of no use, and no harm, where there are no workers", () => {
    const workers = fakeWorkers()
    workers.forbid.constructor = true
    const scout = createScout(workers.surroundings)
    const reports: (boolean | undefined)[] = []
    scout(
      "ws://127.0.0.1:9001/runtime",
      (there) => void reports.push(there),
      () => {},
      true,
    )()
    expect(workers.left()).toBe(0)
    expect(reports).not.toContain(false)
  })
})
