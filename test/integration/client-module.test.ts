import { execFileSync } from "node:child_process"
import { expect, test } from "vitest"

test("the module of the client goes on with the globals that were there when it was loaded", () => {
  const module = new URL("../../dist/client/index.js", import.meta.url).href
  const program = `
    import { connect, disconnect, on } from "${module}"
    for (const name of ["Error", "Map", "Object", "Promise", "Set", "String", "URL"]) globalThis[name] = undefined
    on("closed", ({ reason }) => console.log(reason))
    connect({ url: "http://127.0.0.1:9", WebSocket: class { close() {} } }).catch(({ code }) => console.log(code))
    disconnect()
  `
  const said = execFileSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" })
  expect(said.split("\n")).toEqual(["disconnect", "stopped", ""])
})
