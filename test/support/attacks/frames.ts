import { connect } from "node:net"
import { frontEndHello, lines, openSocket, page, runtimeHello, upgrading, type Attack, type Target } from "./attack.ts"

/** Attacks on an open socket: what is said on it, and how it ends. */
type Row = readonly [id: string, what: string, verdict: string, attempt: (target: Target) => Promise<string>]

const deep = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`
const batch = (messages: readonly string[]): string =>
  `${JSON.stringify({ op: "batch", sizes: messages.map(({ length }) => length) })}\n${messages.join("")}`

const helloOf = (protocol: string): string => `{"op":"hello","protocol":${protocol}}`

/** Says these, one after the other, and sees how the socket ends. */
const saying =
  (role: "runtime" | "frontend", ...frames: readonly (string | Buffer)[]) =>
  async (target: Target): Promise<string> => {
    const socket = await openSocket(target, role)
    for (const frame of frames) socket.say(frame)
    return socket.end
  }

/** The same, to see the answer. */
const answered =
  (frame: string | Buffer, text: string) =>
  async (target: Target): Promise<string> => {
    const socket = await openSocket(target, "runtime")
    socket.say(frame)
    const heard = await socket.hear('"op":"error"')
    socket.webSocket.terminate()
    return heard.includes(text) ? text : heard
  }

const times = (count: number, frame: string | Buffer): readonly (string | Buffer)[] => Array(count).fill(frame)

const sayings: readonly Row[] = [
  ["S-F01", "no JSON", "not-json", answered("{", "not-json")],
  ["S-F02", "a list", "not-an-object", answered("[]", "not-an-object")],
  ["S-F03", "null", "not-an-object", answered("null", "not-an-object")],
  ["S-F04", "no op", "no-op", answered("{}", "no-op")],
  ["S-F05", "bytes", "not-text", answered(Buffer.from("{}"), "not-text")],
  ["S-F06", "sizes that lie", "bad-batch", answered('{"op":"batch","sizes":[9000000]}\n{}', "bad-batch")],
  ["S-F07", "a batch in a batch", "bad-batch", answered(batch([batch(["{}"])]), "bad-batch")],
  ["S-F08", "a field of the wrong kind", "bad-field", answered('{"op":"status","title":{"toString":1}}', "bad-field")],
  ["S-F09", "an id that is a path", "bad-field", answered('{"op":"copy","id":"../../x"}', "bad-field")],
  ["S-F10", "something before hello", "no-hello", answered('{"op":"status","title":"me"}', "no-hello")],
  ["S-F11", "ten frames of garbage", "closed 1002", saying("runtime", ...times(10, "garbage"))],
  ["S-F12", "ten frames of bytes", "closed 1002", saying("runtime", ...times(10, Buffer.from([0, 1, 2])))],
  ["S-F13", "ten hellos", "closed 1002", saying("runtime", ...times(11, runtimeHello("many")))],
  ["S-F14", "[P47] a header nested 65 levels", "closed 4400", saying("runtime", `{"op":"x","y":${deep(64)}}`)],
  ["S-F15", "a header nested 100,000 levels", "closed 4400", saying("runtime", `{"op":"x","y":${deep(1e5)}}`)],
  [
    "S-F16",
    "a console line nested 100,000 levels",
    "closed 4400",
    saying("runtime", runtimeHello("deep"), `{"op":"console","seq":1,"level":"log","time":1,"y":${deep(1e5)}}\n[]`),
  ],
  [
    "S-F17",
    "the same in a batch",
    "closed 4400",
    saying("runtime", batch(['{"op":"x"}', `{"op":"x","y":${deep(1e5)}}`])),
  ],
  ["S-F18", "a hello without its fields", "closed 4400", saying("runtime", '{"op":"hello","protocol":1}')],
  [
    "S-F19",
    "another protocol",
    "closed 4426",
    saying("runtime", runtimeHello("old").replace('"protocol":1', '"protocol":0')),
  ],
  ["S-F21", "a protocol that has no text", "closed 4426", saying("runtime", helloOf('{"toString":1,"valueOf":1}'))],
  ["S-F22", "the same of a front end", "closed 4426", saying("frontend", helloOf('{"toString":1,"valueOf":1}'))],
  [
    "S-F23",
    "a protocol nested 100,000 levels, behind a field of the wrong kind",
    "closed 4426",
    saying("runtime", batch(['{"op":"status","title":1}', helloOf(deep(1e5))])),
  ],
  [
    "S-F20",
    "ops that every object has",
    "closed 1002",
    saying("runtime", '{"op":"constructor"}', '{"op":"__proto__"}', '{"op":"toString"}', ...times(10, '{"op":1}')),
  ],
]

const frontEndOps = ["eval", "cancel", "use", "reload", "complete"] as const
const runtimeOps = ["outcome", "console", "completions", "copy", "status"] as const

const roles: readonly Row[] = [
  ...frontEndOps.map((op, nth): Row => [
    `S-R0${nth + 1}`,
    `a runtime says a front end's ${op}`,
    "closed 1008",
    saying("runtime", runtimeHello(`liar${nth}`), `{"op":"${op}","id":"e1","runtime":"all"}\nalert()`),
  ]),
  ...runtimeOps.map((op, nth): Row => [
    `S-R1${nth}`,
    `a front end says a runtime's ${op}`,
    "closed 1008",
    saying("frontend", frontEndHello(`liar${nth}`), `{"op":"${op}","id":"e1"}\n1`),
  ]),
  [
    "S-R20",
    "[P47] a runtime says it before hello",
    "closed 1008",
    saying("runtime", '{"op":"eval","id":"e1"}\nalert()'),
  ],
  ["S-R21", "a runtime hides it in a batch", "closed 1008", saying("runtime", batch(['{"op":"eval","id":"e1"}']))],
  ["S-R22", "a runtime says a front end's hello", "closed 4400", saying("runtime", frontEndHello("f1"))],
  ["S-R23", "a front end says a runtime's hello", "closed 4400", saying("frontend", runtimeHello("r1"))],
]

const limits: readonly Row[] = [
  ["S-L01", "a runtime's frame of more than 4 MiB", "closed 1009", saying("runtime", "x".repeat(4 * 1024 * 1024 + 1))],
  ["S-L02", "a front end's frame of more than 1 MiB", "closed 1009", saying("frontend", "x".repeat(1024 * 1024 + 1))],
  ["S-L03", "no hello", "closed 4408", saying("runtime")],
  ["S-L04", "pings and no hello", "closed 4408", saying("runtime", ...times(50, '{"op":"ping"}'))],
  ["S-L05", "no hello of a front end", "closed 4408", saying("frontend")],
  [
    "S-L06",
    "pings whose answers nobody reads",
    "closed",
    async (target) => {
      const socket = await openSocket(target, "runtime")
      socket.say(runtimeHello("deaf"))
      await socket.hear("welcome")
      const { webSocket } = socket
      webSocket.pause()
      const ping = JSON.stringify({ op: "ping", id: "x".repeat(2e6) })
      for (let nth = 0; nth < 20; nth++) webSocket.send(ping)
      await new Promise<void>((sent) => webSocket.send("", () => sent()))
      webSocket.resume()
      const end = await socket.end
      return end.startsWith("closed") ? "closed" : end
    },
  ],
]

/** A client's frame as bytes: masked with zeros. */
function masked(first: number, length: number, payload = Buffer.alloc(length)): Buffer {
  return Buffer.concat([Buffer.from([first, 0x80 | length, 0, 0, 0, 0]), payload])
}

/** Writes these bytes after a handshake by hand, and reads the code of the close frame. */
const writing =
  (...bytes: readonly Buffer[]) =>
  (target: Target): Promise<string> =>
    new Promise((resolve) => {
      let heard = Buffer.alloc(0)
      const request = lines("GET /runtime HTTP/1.1", "Host: localhost", `Origin: ${page}`, ...upgrading)
      const wire = connect(target.port, "127.0.0.1", () => wire.write(Buffer.concat([Buffer.from(request), ...bytes])))
      const timer = setTimeout(() => wire.destroy(), target.patienceMs)
      wire.on("data", (chunk: Buffer) => (heard = Buffer.concat([heard, chunk])))
      wire.on("error", () => undefined)
      wire.on("close", () => {
        clearTimeout(timer)
        const frames = heard.subarray(heard.indexOf("\r\n\r\n") + 4)
        resolve(frames[0] === 0x88 ? `closed ${frames.readUInt16BE(2)}` : "open")
      })
    })

const bytes: readonly Row[] = [
  ["S-F30", "a frame that is not masked", "closed 1002", writing(Buffer.from([0x81, 2, 0x7b, 0x7d]))],
  ["S-F31", "a reserved bit", "closed 1002", writing(masked(0xc1, 2))],
  ["S-F32", "an opcode that is none", "closed 1002", writing(masked(0x83, 2))],
  ["S-F33", "a ping in pieces", "closed 1002", writing(masked(0x09, 2))],
  ["S-F34", "a piece of nothing", "closed 1002", writing(masked(0x80, 2))],
  ["S-F35", "text that is not UTF-8", "closed 1007", writing(masked(0x81, 2, Buffer.from([0xc3, 0x28])))],
  ["S-F36", "half a character", "closed 1007", writing(masked(0x81, 3, Buffer.from([0xed, 0xa0, 0x80])))],
  [
    "S-F37",
    "a frame that claims 2^62 bytes",
    "closed 1009",
    writing(Buffer.from([0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])),
  ],
  [
    "S-F38",
    "a frame that claims 5 MiB",
    "closed 1009",
    writing(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 0x50, 0, 0, 0, 0, 0, 0])),
  ],
]

export const frameAttacks: readonly Attack[] = [...sayings, ...roles, ...limits, ...bytes].map(
  ([id, what, verdict, attempt]) => ({ id, what, verdict, attempt }),
)
