import { expect, test } from "vitest"
import { settingsOf } from "./options.ts"

test.each([
  ["FD00:0:0::20", ["fd00::20"]],
  ["fd00::10.0.0.1", ["fd00::a00:1"]],
  ["192.168.1.20", ["192.168.1.20"]],
])("an exposed address is written as browsers name it in Host and Origin: %s", (host, exposed) => {
  expect(settingsOf({ host, expose: true }).exposed).toEqual(exposed)
})

test("this machine's own address in another form is no other address", () => {
  expect(settingsOf({ host: "0:0:0:0:0:0:0:1" }).exposed).toEqual([])
})

test.each([
  ["fe80::1%eth0", "leave out what is behind %"],
  ["0::0", "name the address"],
])("an address that no page could be addressed by is refused: %s", (host, advice) => {
  expect(() => settingsOf({ host, expose: true })).toThrow(advice)
})
