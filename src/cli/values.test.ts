import { expect, test } from "vitest"
import { atLeast, count, milliseconds, portNumber } from "./values.ts"

test("times are milliseconds unless they say otherwise", () => {
  expect(["0", "250", "250ms", "5s", "1.5s", "2m"].map(milliseconds)).toEqual([0, 250, 250, 5000, 1500, 120_000])
  for (const text of ["", "soon", "-1", "5 s", "1h", "0x10", "1e3"])
    expect(() => milliseconds(text)).toThrow("5s or 2m")
})

test("a time below the least is not taken", () => {
  expect(atLeast(1000)("1s")).toBe(1000)
  expect(() => atLeast(1000)("999")).toThrow("It must be at least 1000 ms.")
})

test("ports are numbers up to 65535", () => {
  expect(["0", "9001", "65535"].map(portNumber)).toEqual([0, 9001, 65_535])
  for (const text of ["", "65536", "-1", "http", "9001x"]) expect(() => portNumber(text)).toThrow("from 0 to 65535")
})

test("a count is a whole number from 1", () => {
  expect(["1", "1000"].map(count)).toEqual([1, 1000])
  for (const text of ["", "0", "-1", "1.5", "1e3", "many"]) expect(() => count(text)).toThrow("from 1 to 999999")
})
