import { execFile } from "node:child_process"
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { request } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { promisify } from "node:util"
import { lines, page, raw, upgrading, type Attack, type Target } from "./attack.ts"

/** Attacks on the server of a folder: one request each, and the status that answers it. */
type Row = readonly [
  id: string,
  what: string,
  status: number,
  request: readonly string[],
  holds?: (head: string) => boolean,
]

export const siteTag = "<script src=the-client></script>"
const secret = "nobody may read this"

/** A folder with what may be served, and with all that may not: beside it, hidden in it, and behind links. */
export async function makeSiteFolder(): Promise<{ readonly folder: string; remove(): Promise<void> }> {
  const outer = await mkdtemp(join(tmpdir(), "repl-bridge-attacked-"))
  const folder = join(outer, "site")
  for (const path of ["site/sub", "site/.git", "site-of-others"]) await mkdir(join(outer, path), { recursive: true })
  const files = ["secret.txt", "site-of-others/secret.txt", "site/.env", "site/.git/config", "site/sub/.hidden"]
  for (const file of files) await writeFile(join(outer, file), secret)
  await writeFile(join(folder, "index.html"), "<!doctype html><html><head><title>Shop</title></head></html>")
  await writeFile(join(folder, "app.js"), "const page = '<head>'")
  await writeFile(join(folder, "picture.svg"), "<svg xmlns='http://www.w3.org/2000/svg'><head/></svg>")
  await symlink(join(outer, "secret.txt"), join(folder, "link.txt"))
  await symlink(outer, join(folder, "up"))
  await symlink(join(outer, "site-of-others"), join(folder, "neighbour"))
  await symlink(".env", join(folder, "settings.txt"))
  await symlink(".git", join(folder, "history"))
  await symlink("/dev/zero", join(folder, "endless"))
  await promisify(execFile)("mkfifo", [join(folder, "pipe.txt")])
  return { folder, remove: () => rm(outer, { recursive: true }) }
}

const get = (path: string): string => `GET ${path} HTTP/1.1`
const local = "Host: localhost"

const paths: readonly Row[] = [
  ...[
    ["two dots", "/../secret.txt"],
    ["two dots behind a folder", "/sub/../../secret.txt"],
    ["escaped dots", "/%2e%2e/secret.txt"],
    ["one escaped dot", "/.%2E/secret.txt"],
    ["an escaped slash", "/..%2fsecret.txt"],
    ["all escaped", "/%2e%2e%2fsecret.txt"],
    ["escaped twice", "/%252e%252e/secret.txt"],
    ["a backslash", "/..\\secret.txt"],
    ["an escaped backslash", "/..%5csecret.txt"],
    ["more slashes", "////..//secret.txt"],
    ["an overlong slash", "/..%c0%afsecret.txt"],
    ["an overlong dot", "/%c0%ae%c0%ae/secret.txt"],
    ["full-width dots", "/%ef%bc%8e%ef%bc%8e/secret.txt"],
    ["a parameter", "/..;/secret.txt"],
    ["a nul behind it", "/%2e%2e/secret.txt%00.html"],
    ["the folder of a name that begins like ours", "/../site-of-others/secret.txt"],
    ["a link to a file outside", "/link.txt"],
    ["a link to a folder outside", "/up/secret.txt"],
    ["a link to a folder of a name that begins like ours", "/neighbour/secret.txt"],
    ["a link that leads back in by way of outside", "/up/site/.env"],
    ["a hidden file", "/.env"],
    ["a hidden file, escaped", "/%2eenv"],
    ["a file in a hidden folder", "/.git/config"],
    ["a hidden file in a folder", "/sub/.hidden"],
    ["a link to a hidden file", "/settings.txt"],
    ["a link to a hidden folder", "/history/config"],
    ["the folder of a hidden file", "/./.env"],
    ["a nul", "/%00"],
    ["a nul behind a page", "/index.html%00.txt"],
    ["half an escape", "/%"],
    ["an escape that is no text", "/%ff"],
    ["a file as a folder", "/app.js/"],
    ["a pipe that nobody writes to", "/pipe.txt"],
    ["a device", "/endless"],
    ["a URL in place of a path", "http://localhost/%2e%2e/secret.txt"],
    ["a name longer than any", `/${"x".repeat(5000)}`],
    ["more folders than any path", `/${"x/".repeat(3000)}`],
    ["markup, to be said back", "/%3Cscript%3Ealert()%3C/script%3E"],
    ["a folder without an index", "/sub/"],
  ].map(([what, path], nth): Row => [
    `S-S${`${nth + 1}`.padStart(2, "0")}`,
    `a path with ${what}: ${path!.slice(0, 60)}`,
    404,
    [get(path!), local],
    (head) => /content-type: text\/plain/i.test(head) && /nosniff/i.test(head),
  ]),
  ["S-S50", "no slash at all", 400, [get("../secret.txt"), local]],
  ["S-S51", "an address longer than 8 KiB", 431, [get(`/${"x".repeat(9000)}`), local]],
  [
    "S-S52",
    "a folder whose slash would lead to another host",
    308,
    [get("//sub"), local],
    (head) => /location: \/sub\//i.test(head),
  ],
]

/** Of a page whose name was made to point here. */
const rebound = (prefix: string): readonly Row[] => [
  ...[
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "192.168.0.7",
    "0.0.0.0",
    "localhost.",
    "",
  ].map((host, nth): Row => [`${prefix}6${nth}`, `Host of a rebound name: ${host}`, 403, [get("/"), `Host: ${host}`]]),
  [`${prefix}70`, "two Hosts, the right one first", 403, [get("/"), local, "Host: evil.example"]],
  [`${prefix}71`, "two Hosts, the right one last", 403, [get("/"), "Host: evil.example", local]],
  [`${prefix}72`, "no Host", 403, [get("/")]],
  [
    `${prefix}73`,
    "headers that every object has, and no Host",
    403,
    [get("/"), "__proto__: localhost", "constructor: x"],
  ],
]

const strangers: readonly Row[] = [
  ...rebound("S-S"),
  ...(
    [
      ["another site", ["Origin: https://evil.example"]],
      ["a sandboxed frame", ["Origin: null"]],
      ["another page of this machine", [`Origin: ${page}`]],
      ["a script element of another site", ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"]],
    ] as const satisfies readonly (readonly [string, readonly string[]])[]
  ).map(([what, headers], nth): Row => [
    `S-S${74 + nth}`,
    `${what} may not read it`,
    200,
    [get("/app.js"), local, ...headers],
    (head) => !/access-control/i.test(head) && /cross-origin-resource-policy: same-site/i.test(head),
  ]),
  ...["POST", "PUT", "DELETE", "PATCH", "TRACE"].map((method, nth): Row => [
    `S-S${80 + nth}`,
    `${method} in place of reading`,
    405,
    [`${method} /index.html HTTP/1.1`, local, ...(method === "TRACE" ? [] : ["Content-Length: 0"])],
    (head) => /allow: GET, HEAD/i.test(head),
  ]),
  [
    "S-S85",
    "a preflight asks for leave",
    405,
    ["OPTIONS /app.js HTTP/1.1", local, "Origin: https://evil.example", "Access-Control-Request-Method: GET"],
    (head) => !/access-control/i.test(head),
  ],
  ["S-S86", "a socket", 0, [get("/"), local, `Origin: ${page}`, ...upgrading]],
]

/** The whole answer: `wears the tag`, or `as it is`. */
const wears =
  (path: string) =>
  ({ port }: Target): Promise<string> =>
    new Promise((resolve, reject) => {
      request({ host: "127.0.0.1", port, path, headers: { host: "localhost" } }, async (response) => {
        const body = await text(response)
        resolve(`${response.statusCode}, ${body.includes(siteTag) ? "wears the tag" : "as it is"}`)
      })
        .on("error", reject)
        .end()
    })

const tags: readonly Attack[] = [
  ["S-S90", "a script", "200, as it is", "/app.js"],
  ["S-S91", "a picture with markup", "200, as it is", "/picture.svg"],
  ["S-S92", "what is not there", "404, as it is", "/missing.html"],
  ["S-S93", "a hidden page", "404, as it is", "/.index.html"],
].map(([id, what, verdict, path]) => ({
  id: id!,
  what: `the script of the bridge is put into ${what!}`,
  verdict: verdict!,
  attempt: wears(path!),
}))

/** The sign that it still serves: a page of the folder, with the tag. */
export const servesPage = wears("/")

const attacksOf = (rows: readonly Row[]): readonly Attack[] =>
  rows.map(([id, what, status, request_, holds = () => true]) => ({
    id,
    what,
    verdict: `${status}`,
    async attempt(target: Target) {
      const answer = await raw(target, Buffer.from(lines(...request_), "latin1"))
      return holds(answer.head) ? `${answer.status}` : `${answer.status} with ${answer.head}`
    },
  }))

export const siteAttacks: readonly Attack[] = [...attacksOf([...paths, ...strangers]), ...tags]

const dial = (...headers: readonly string[]): readonly string[] => [get("/"), local, ...headers, ...upgrading]
const evil = "Origin: https://evil.example"

/** On the proxy before a server that lets everybody do everything. */
export const proxyAttacks: readonly Attack[] = attacksOf([
  ...rebound("S-Y"),
  ["S-Y74", "a page of another site opens a socket", 403, dial(evil)],
  ["S-Y75", "a sandboxed frame opens a socket", 403, dial("Origin: null")],
  ["S-Y76", "a socket with two Origins, the right one first", 403, dial(`Origin: ${page}`, evil)],
  ["S-Y77", "a socket to a rebound name", 403, [get("/"), "Host: evil.example", evil, ...upgrading]],
  ["S-Y78", "the way to another server", 400, [get("http://evil.example/"), local]],
  ["S-Y79", "the way to another server, by a socket", 400, [get("http://evil.example/"), local, ...upgrading]],
  [
    "S-Y80",
    "a script element of another site may not load from it",
    200,
    [get("/"), local, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script"],
    (head) => /cross-origin-resource-policy: same-site/i.test(head),
  ],
])
