import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { request, type IncomingHttpHeaders } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { afterEach, beforeEach, expect, test } from "vitest"
import { withScript } from "./files.ts"
import { startSite, type Site } from "./site.ts"

const tag = "<script tag></script>"

let folder: string
let site: Site

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "repl-bridge-site-"))
  await mkdir(join(folder, "site/sub"), { recursive: true })
  await writeFile(join(folder, "secret.txt"), "secret")
  await writeFile(join(folder, "site/index.html"), "<!doctype html><html><head><title>é</title></head></html>")
  await writeFile(join(folder, "site/sub/index.html"), "<p>sub")
  await writeFile(join(folder, "site/a b.js"), "let a = '<head>'")
  await writeFile(join(folder, "site/.env"), "TOKEN=1")
  await symlink(join(folder, "secret.txt"), join(folder, "site/link.txt"))
  site = await startSite({ folder: join(folder, "site"), port: 0, tag })
})
afterEach(async () => {
  await site.stop()
  await rm(folder, { recursive: true })
})

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** As raw as it is written: `fetch` would tidy the path. */
function get(path: string, { method = "GET", host = "" } = {}): Promise<Answer> {
  const { port } = new URL(site.url)
  const headers = { host: host || `localhost:${port}` }
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path, method, headers }, async (response) =>
      resolve({ status: response.statusCode, headers: response.headers, body: await text(response) }),
    )
      .on("error", reject)
      .end()
  })
}

test("pages come with the tag at the head of their head, all else as it is", async () => {
  expect(await get("/?a=1")).toMatchObject({
    status: 200,
    headers: { "content-type": "text/html; charset=utf-8" },
    body: `<!doctype html><html><head>${tag}<title>é</title></head></html>`,
  })
  expect(await get("/a%20b.js")).toMatchObject({
    headers: { "content-type": "text/javascript; charset=utf-8" },
    body: "let a = '<head>'",
  })
})

test("a folder is its index, under a path that ends in a slash", async () => {
  expect(await get("/sub?a=1")).toMatchObject({ status: 308, headers: { location: "/sub/?a=1" } })
  expect(await get("//sub")).toMatchObject({ headers: { location: "/sub/" } })
  expect((await get("/sub/")).body).toBe(`${tag}<p>sub`)
})

test.each([
  "/missing",
  "/../secret.txt",
  "/%2e%2e/secret.txt",
  "/sub/..%2f..%2fsecret.txt",
  "/..%5csecret.txt",
  "/link.txt",
  "/.env",
  "/%00",
  "/%",
  "/a%20b.js/",
])("nothing is outside of the folder, hidden, or made up: %s", async (path) => {
  const { status, body } = await get(path)
  expect(status).toBe(404)
  expect(body).not.toMatch(/secret$|TOKEN/)
})

test("it is for this machine's own pages: no other Host, no writing, and no loading by other sites", async () => {
  expect((await get("/", { host: "rebound.example" })).status).toBe(403)
  expect(await get("/", { method: "POST" })).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } })
  const { headers, body } = await get("/", { method: "HEAD" })
  expect(headers["cross-origin-resource-policy"]).toBe("same-site")
  expect(headers["access-control-allow-origin"]).toBeUndefined()
  expect(body).toBe("")
})

test("where its port is taken it takes the next", async () => {
  const port = Number(new URL(site.url).port)
  const second = await startSite({ folder, port, tag })
  expect(Number(new URL(second.url).port)).toBeGreaterThan(port)
  await second.stop()
  await second.stop()
})

test("behind the highest port it takes any", async () => {
  const other = await startSite({ folder, port: 65_536, tag })
  expect(Number(new URL(other.url).port)).toBeGreaterThan(0)
  await other.stop()
})

test("a folder that is none is named", async () => {
  await expect(startSite({ folder: join(folder, "secret.txt"), port: 0, tag })).rejects.toMatchObject({
    code: "bad-options",
    message: expect.stringContaining("secret.txt"),
  })
})

test.each([
  ["<HEAD lang=de>x", `<HEAD lang=de>${tag}x`],
  ["<header>x", `${tag}<header>x`],
  ["\n<!DOCTYPE html>\n<p>", `\n<!DOCTYPE html>\n${tag}<p>`],
  ["<html><!-- <head> --><title>x", `<html><!-- <head> -->${tag}<title>x`],
  ["<p>no <head> of its own", `${tag}<p>no <head> of its own`],
  ["<!-- <head> --><html a='>'><head b=\">\">x", `<!-- <head> --><html a='>'><head b=">">${tag}x`],
  ["\u00ef\u00bb\u00bf<?xml version='1.0'?><head>x", `\u00ef\u00bb\u00bf<?xml version='1.0'?><head>${tag}x`],
  ["\u00ff\u0000", `${tag}\u00ff\u0000`],
])("the tag goes before a page's own scripts, and its bytes stay: %j", (page, expected) => {
  expect(withScript(Buffer.from(page, "latin1"), tag).toString("latin1")).toBe(expected)
})
