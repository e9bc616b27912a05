import { spawn } from "node:child_process"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import {
  discoveryPath,
  findBridge,
  readDiscovery,
  writeDiscovery,
  type DiscoveryRecord,
  type Surroundings,
} from "./index.ts"

let root: string
let surroundings: Surroundings

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "repl-bridge-discovery-"))
  surroundings = { env: { XDG_STATE_HOME: root } }
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

function record(port: number, fields: Partial<DiscoveryRecord> = {}): DiscoveryRecord {
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    pid: process.pid,
    project: "/srv/shop",
    token: `token-${port}`,
    protocol: 1,
    version: "1.2.3",
    startedAt: "2026-11-25T16:00:00.000Z",
    ...fields,
  }
}

/** The id of a process that has ended. */
function deadPid(): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["-e", ""], { stdio: "ignore" })
    child.once("exit", () => resolve(child.pid!))
  })
}

const folder = (): string => join(root, "repl-bridge")

describe("the path of a discovery file", () => {
  it.each([
    [{ env: { XDG_STATE_HOME: "/state" }, platform: "linux" }, "/state/repl-bridge/9001.json"],
    [{ env: { HOME: "/home/ada" }, platform: "linux" }, "/home/ada/.local/state/repl-bridge/9001.json"],
    [
      { env: { HOME: "/home/ada", XDG_STATE_HOME: "relative" }, platform: "darwin" },
      "/home/ada/.local/state/repl-bridge/9001.json",
    ],
    [
      { env: { LOCALAPPDATA: "C:\\Users\\Ada\\AppData\\Local" }, platform: "win32" },
      "C:\\Users\\Ada\\AppData\\Local\\repl-bridge\\9001.json",
    ],
    [
      { env: { USERPROFILE: "C:\\Users\\Ada" }, platform: "win32" },
      "C:\\Users\\Ada\\AppData\\Local\\repl-bridge\\9001.json",
    ],
  ] satisfies [Surroundings, string][])("%j", (where, path) => expect(discoveryPath(9001, where)).toBe(path))
})

describe("a discovery file", () => {
  it("is its user's alone, and gone once removed", () => {
    const remove = writeDiscovery(record(9001), surroundings)
    const path = discoveryPath(9001, surroundings)
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual(record(9001))
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(folder()).mode & 0o777).toBe(0o700)
    expect(readDiscovery(9001, surroundings)).toEqual(record(9001))
    remove()
    remove()
    expect(existsSync(path)).toBe(false)
  })

  it("replaces one that was left behind, and is not removed by whoever left it", () => {
    const removeOld = writeDiscovery(record(9001), surroundings)
    writeDiscovery(record(9001, { token: "new" }), surroundings)
    removeOld()
    expect(readDiscovery(9001, surroundings)?.token).toBe("new")
  })

  it("closes a folder that was open for others to read", () => {
    mkdirSync(folder(), { mode: 0o755 })
    writeDiscovery(record(9001), surroundings)
    expect(statSync(folder()).mode & 0o777).toBe(0o700)
  })

  it("does not follow a link that somebody put in its place", () => {
    const elsewhere = join(root, "elsewhere.json")
    writeFileSync(elsewhere, "precious")
    mkdirSync(folder(), { mode: 0o700 })
    symlinkSync(elsewhere, discoveryPath(9001, surroundings))
    writeDiscovery(record(9001), surroundings)
    expect(readFileSync(elsewhere, "utf8")).toBe("precious")
    expect(readDiscovery(9001, surroundings)).toEqual(record(9001))
  })

  it("is not put into a folder that others can write to", () => {
    mkdirSync(folder())
    chmodSync(folder(), 0o777)
    expect(() => writeDiscovery(record(9001), surroundings)).toThrow("must be a folder of yours")
  })

  it("of a dead bridge is ignored and removed", async () => {
    writeDiscovery(record(9001, { pid: await deadPid() }), surroundings)
    expect(readDiscovery(9001, surroundings)).toBeUndefined()
    expect(readdirSync(folder())).toEqual([])
  })

  it("is believed only where it is a plain private file that holds a record", () => {
    mkdirSync(folder(), { mode: 0o700 })
    const path = discoveryPath(9001, surroundings)
    const put = (text: string, mode = 0o600): void => {
      rmSync(path, { force: true, recursive: true })
      writeFileSync(path, text, { mode })
      chmodSync(path, mode)
    }
    for (const text of [
      "",
      "{",
      "null",
      "[]",
      JSON.stringify({ ...record(9001), pid: "1" }),
      JSON.stringify({ ...record(9001), token: undefined }),
    ]) {
      put(text)
      expect(readDiscovery(9001, surroundings)).toBeUndefined()
    }
    put(JSON.stringify(record(9001)), 0o644)
    expect(readDiscovery(9001, surroundings)).toBeUndefined()
    put(`${JSON.stringify(record(9001))}${" ".repeat(100_000)}`)
    expect(readDiscovery(9001, surroundings)).toBeUndefined()
    const elsewhere = join(root, "elsewhere.json")
    writeFileSync(elsewhere, JSON.stringify(record(9001)), { mode: 0o600 })
    rmSync(path)
    symlinkSync(elsewhere, path)
    expect(readDiscovery(9001, surroundings)).toBeUndefined()
    rmSync(path)
    mkdirSync(path)
    expect(readDiscovery(9001, surroundings)).toBeUndefined()
  })

  it("is not believed in a folder that is a link or that others can write to", () => {
    writeDiscovery(record(9001), surroundings)
    chmodSync(folder(), 0o770)
    expect(readDiscovery(9001, surroundings)).toBeUndefined()
    chmodSync(folder(), 0o700)
    const linked = mkdtempSync(join(root, "linked-"))
    symlinkSync(folder(), join(linked, "repl-bridge"))
    expect(readDiscovery(9001, { env: { XDG_STATE_HOME: linked } })).toBeUndefined()
  })
})

describe("a bridge is found", () => {
  it("by the URL or port that was asked for, before anything else", () => {
    writeDiscovery(record(9005), surroundings)
    const env = { ...surroundings.env, REPL_BRIDGE_URL: "http://127.0.0.1:9006" }
    expect(findBridge({ env, url: "http://localhost:9005/" })).toEqual({
      url: "http://localhost:9005",
      token: "token-9005",
      foundBy: "url",
    })
    expect(findBridge({ env, port: 9005 })).toEqual({
      url: "http://127.0.0.1:9005",
      token: "token-9005",
      foundBy: "port",
    })
    expect(findBridge({ env, port: 9007 })).toEqual({ url: "http://127.0.0.1:9007", token: undefined, foundBy: "port" })
  })

  it("by the environment", () => {
    const env = { ...surroundings.env, REPL_BRIDGE_URL: "http://127.0.0.1:9006" }
    writeDiscovery(record(9006), surroundings)
    writeDiscovery(record(9001, { project: "/" }), surroundings)
    expect(findBridge({ env, cwd: "/srv" })).toEqual({
      url: "http://127.0.0.1:9006",
      token: "token-9006",
      foundBy: "environment",
    })
  })

  it("by the nearest project folder above whose bridge is alive", async () => {
    writeDiscovery(record(9010, { project: "/srv" }), surroundings)
    writeDiscovery(record(9011, { project: "/srv/shop" }), surroundings)
    writeDiscovery(record(9012, { project: "/srv/shop/web", pid: await deadPid() }), surroundings)
    writeDiscovery(record(9013, { project: "/srv/shop-2" }), surroundings)
    const foundFrom = (cwd: string): string => findBridge({ ...surroundings, cwd }).url
    expect(foundFrom("/srv/shop/web/src")).toBe("http://127.0.0.1:9011")
    expect(foundFrom("/srv/shop")).toBe("http://127.0.0.1:9011")
    expect(foundFrom("/srv/shop-22")).toBe("http://127.0.0.1:9010")
    expect(foundFrom("/srv/..hidden")).toBe("http://127.0.0.1:9010")
    expect(foundFrom("/home")).toBe("http://127.0.0.1:9001")
    expect(readdirSync(folder())).not.toContain("9012.json")
  })

  it("by the latest start where one folder has several", () => {
    writeDiscovery(record(9011, { startedAt: "2026-11-25T16:00:00.000Z" }), surroundings)
    writeDiscovery(record(9010, { startedAt: "2026-11-25T17:00:00.000Z" }), surroundings)
    expect(findBridge({ ...surroundings, cwd: "/srv/shop" }).url).toBe("http://127.0.0.1:9010")
  })

  it("on port 9001 otherwise", () => {
    expect(findBridge({ ...surroundings, cwd: "/srv/shop" })).toEqual({
      url: "http://127.0.0.1:9001",
      token: undefined,
      foundBy: "default",
    })
  })

  it("elsewhere without a token of this machine", () => {
    writeDiscovery(record(9005), surroundings)
    for (const url of ["http://example.test:9005", "https://localhost.example.test:9005"]) {
      expect(findBridge({ ...surroundings, url }).token).toBeUndefined()
    }
  })

  it("never by a URL that is none", () => {
    for (const url of ["localhost:9001", "ws://127.0.0.1:9001", "", "nonsense"]) {
      expect(() => findBridge({ ...surroundings, url })).toThrow("like http://127.0.0.1:9001")
    }
    const env = { ...surroundings.env, REPL_BRIDGE_URL: "nonsense" }
    expect(() => findBridge({ env })).toThrow('REPL_BRIDGE_URL must be like http://127.0.0.1:9001, not "nonsense"')
  })
})
