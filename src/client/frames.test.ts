import { expect, test } from "vitest"
import { createFakePage } from "../../test/support/fake-page.ts"
import { createFrames } from "./frames.ts"

class FakeBridge {
  readonly calls: unknown[] = []
  alive = false
  connect(options: unknown): Promise<void> {
    this.alive = true
    this.calls.push(options)
    return Promise.reject(new Error("whatever comes of it"))
  }
  async disconnect(): Promise<void> {
    this.alive = false
    this.calls.push("disconnect")
  }
}

interface FakeScript extends EventTarget {
  readonly src: string
  readonly dataset: Record<string, string>
}

/** A frame of the page's own origin, and what comes into it. */
function fakeFrame(replBridge?: FakeBridge) {
  const scripts: FakeScript[] = []
  const defaultView = { replBridge }
  const contentDocument = {
    defaultView,
    createElement: () => Object.assign(new EventTarget(), { dataset: {} }),
    documentElement: { append: (script: FakeScript) => void scripts.push(script) },
  }
  return {
    contentDocument,
    scripts,
    /** Its latest script has run. */
    load(): FakeBridge {
      defaultView.replBridge ??= new FakeBridge()
      scripts.at(-1)!.dispatchEvent(new Event("load"))
      return defaultView.replBridge
    },
  }
}

const options = { url: "http://localhost:4000", token: "k3y", name: "shop", allowRemote: true } as const
/** A name is one runtime's; a frame has frames of its own. */
const passedOn = { url: "http://localhost:4000", token: "k3y", allowRemote: true, frames: true }

function setUp(ownUrl?: string) {
  const { platform } = createFakePage()
  const inside: unknown[] = []
  const document = Object.assign(new EventTarget(), { querySelectorAll: () => inside })
  const frames = createFrames(document as unknown as Document, { ...platform, ownUrl })
  return {
    frames,
    add<Frame>(frame: Frame): Frame {
      inside.push(frame)
      return frame
    },
  }
}

test("a frame gets the script that the page got, and connects as the page did", () => {
  const { frames, add } = setUp("http://localhost:9001/client.js?key=k3y")
  const frame = add(fakeFrame())
  frames.start(options)
  expect(frame.scripts).toMatchObject([{ src: "http://localhost:9001/client.js?key=k3y", dataset: { manual: "" } }])
  expect(frame.load().calls).toEqual([passedOn])
  frames.start(options)
  expect(frame.scripts).toHaveLength(1)
  expect(frame.load().calls).toHaveLength(1)
})

test("where the client was no script of its own, frames get the bridge's", () => {
  const { frames, add } = setUp()
  const frame = add(fakeFrame())
  frames.start({ url: "ws://localhost:4000/runtime" })
  expect(frame.scripts).toMatchObject([{ src: "http://localhost:4000/client.js" }])
})

test("another origin's frame, and one that sees to itself, are left alone", () => {
  const { frames, add } = setUp()
  add({ contentDocument: null })
  const own = new FakeBridge()
  own.alive = true
  const frame = add(fakeFrame(own))
  frames.start(options)
  frames.stop()
  frames.start(options)
  expect(frame.scripts).toEqual([])
  expect(own.calls).toEqual([])
})

test("[L21] the page's end is that of the frames it brought in, and they return with it", () => {
  const { frames, add } = setUp()
  const frame = add(fakeFrame())
  frames.start(options)
  const { calls } = frame.load()
  frames.stop()
  frames.stop()
  expect(calls).toEqual([passedOn, "disconnect"])
  frames.start({ url: "http://localhost:5000" })
  expect(calls[2]).toMatchObject({ url: "http://localhost:5000", frames: true })
})

test("[L21] a frame whose script comes after the page's end waits for its return", () => {
  const { frames, add } = setUp()
  const frame = add(fakeFrame())
  frames.start(options)
  frames.stop()
  const { calls } = frame.load()
  expect(calls).toEqual([])
  frames.start(options)
  expect(calls).toEqual([passedOn])
})

test("[L21] a frame that ended its own link keeps it so, whatever becomes of the page's", () => {
  const { frames, add } = setUp()
  const frame = add(fakeFrame())
  frames.start(options)
  const bridge = frame.load()
  void bridge.disconnect()
  frames.start(options)
  frames.stop()
  frames.start(options)
  expect(bridge.calls).toEqual([passedOn, "disconnect"])
})
