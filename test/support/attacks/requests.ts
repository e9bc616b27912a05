import { bearer, lines, page, raw, upgrading, type Attack, type Target } from "./attack.ts"

/** Attacks that one request is: what stands in it, and the status that answers it. */
type Row = readonly [
  id: string,
  what: string,
  status: number,
  request: (target: Target) => string | readonly string[],
  holds?: (head: string) => boolean,
]

const get = (path: string): string => `GET ${path} HTTP/1.1`
const local = "Host: localhost"

/** Each is tried at every door: with a page's Origin, and with the right token. */
const wrongHosts = [
  ["a rebound name", "evil.example"],
  ["our name as a label of another", "localhost.evil.example"],
  ["our address as a label of another", "127.0.0.1.evil.example"],
  ["a name that ends like ours", "evil-localhost"],
  ["an address of this network", "192.168.0.7:9001"],
  ["the address of all", "0.0.0.0"],
  ["an octet out of range", "127.0.0.256"],
  ["a short address", "127.1"],
  ["an address as one number", "2130706433"],
  ["a mapped address", "[::ffff:127.0.0.1]"],
  ["a name before an at sign", "localhost@evil.example"],
  ["a name with the root's dot", "localhost."],
  ["nothing", ""],
] as const

const hosts: readonly Row[] = [
  ...wrongHosts.map(([what, host], nth): Row => [
    `S-H${pad(nth + 1)}`,
    `Host ${what}: ${host}`,
    403,
    () => [get("/runtime"), `Host: ${host}`, `Origin: ${page}`, ...upgrading],
  ]),
  ["S-H20", "a rebound name reads the client", 403, () => [get("/client.js"), "Host: evil.example"]],
  ["S-H21", "a rebound name reads the demo", 403, () => [get("/demo"), "Host: evil.example"]],
  [
    "S-H22",
    "a rebound name, with the right token",
    403,
    (target) => [get("/frontend"), "Host: evil.example", bearer(target), ...upgrading],
  ],
  [
    "S-H23",
    "a rebound name asks for the status",
    403,
    (target) => [get("/status"), "Host: evil.example", bearer(target)],
  ],
  ["S-H24", "two Hosts, the right one first", 403, () => [get("/client.js"), local, "Host: evil.example"]],
  ["S-H25", "two Hosts, the right one last", 403, () => [get("/client.js"), "Host: evil.example", local]],
  ["S-H26", "no Host", 403, () => [get("/client.js")]],
  ["S-H27", "no Host, of an old version", 403, () => ["GET /client.js HTTP/1.0"]],
  ["S-H28", "two Hosts on an upgrade", 403, () => [get("/runtime"), local, local, `Origin: ${page}`, ...upgrading]],
  ["S-H29", "a Host beside the target's own", 400, () => [get("http://evil.example/client.js"), local]],
]

const wrongOrigins = [
  ["a foreign site", "https://evil.example"],
  ["a sandboxed frame or a file", "null"],
  ["a file", "file://"],
  ["nothing", ""],
  ["our name as a label of another", "http://localhost.evil.example"],
  ["our address as a label of another", "http://127.0.0.1.evil.example"],
  ["our name before an at sign", "http://localhost@evil.example"],
  ["our name as a fragment", "http://evil.example#localhost"],
  ["our name as a path", "http://evil.example/localhost"],
  ["not canonical: capitals", "HTTP://LOCALHOST:3000"],
  ["not canonical: the port of the scheme", "http://localhost:80"],
  ["not canonical: a path", "http://localhost:3000/"],
  ["not canonical: a space behind it", "http://localhost:3000 http://evil.example"],
  ["a list", "http://localhost:3000, https://evil.example"],
  ["an address of this network", "http://192.168.0.7:3000"],
  ["the address of all", "http://0.0.0.0:3000"],
  ["an octet out of range", "http://127.0.0.300:3000"],
  ["an extension", "chrome-extension://abcdefghijklmnop"],
  ["another scheme", "ws://localhost:3000"],
  ["a port out of range", "http://localhost:99999"],
] as const

const origins: readonly Row[] = [
  ...wrongOrigins.map(([what, origin], nth): Row => [
    `S-O${pad(nth + 1)}`,
    `Origin ${what}: ${origin}`,
    403,
    (target) => [get("/runtime"), local, `Origin: ${origin}`, bearer(target), ...upgrading],
  ]),
  [
    "S-O30",
    "two Origins",
    403,
    () => [get("/runtime"), local, `Origin: ${page}`, "Origin: https://evil.example", ...upgrading],
  ],
  [
    "S-O31",
    "a foreign page dials as a front end, with the right token",
    403,
    (target) => [get("/frontend"), local, "Origin: https://evil.example", bearer(target), ...upgrading],
  ],
  [
    "S-O32",
    "a local page dials as a front end, with the right token",
    403,
    (target) => [get("/frontend"), local, `Origin: ${page}`, bearer(target), ...upgrading],
  ],
  [
    "S-O33",
    "the same with the token as a subprotocol",
    403,
    ({ token }) => [
      get("/frontend"),
      local,
      `Origin: ${page}`,
      `Sec-WebSocket-Protocol: repl-bridge, repl-bridge.token.${token}`,
      ...upgrading,
    ],
  ],
  [
    "S-O34",
    "the bridge's own origin dials as a front end",
    403,
    (target) => [get("/frontend"), local, `Origin: http://localhost:${target.port}`, bearer(target), ...upgrading],
  ],
  [
    "S-O44",
    "the same to speak JSON-RPC",
    403,
    ({ token }) => [
      get("/frontend"),
      local,
      `Origin: ${page}`,
      `Sec-WebSocket-Protocol: repl-bridge.rpc, repl-bridge.token.${token}`,
      ...upgrading,
    ],
  ],
  [
    "S-O35",
    "a page asks for the status, with the right token",
    403,
    (target) => [get("/status"), local, `Origin: ${page}`, bearer(target)],
  ],
  [
    "S-O36",
    "a request of a browser without Origin, with the right token",
    403,
    (target) => [get("/status"), local, "Sec-Fetch-Site: none", bearer(target)],
  ],
  [
    "S-O37",
    "a page posts code as plain text, with the right token",
    403,
    (target) => [
      "POST /eval HTTP/1.1",
      local,
      "Origin: https://evil.example",
      "Content-Type: text/plain",
      "Content-Length: 0",
      bearer(target),
    ],
  ],
  [
    "S-O38",
    "a form posts code",
    403,
    () => [
      "POST /eval HTTP/1.1",
      local,
      "Origin: null",
      "Content-Type: application/x-www-form-urlencoded",
      "Content-Length: 0",
    ],
  ],
  [
    "S-O39",
    "a preflight asks for leave",
    405,
    () => [
      "OPTIONS /eval HTTP/1.1",
      local,
      "Origin: https://evil.example",
      "Access-Control-Request-Method: POST",
      "Access-Control-Request-Headers: authorization",
      "Access-Control-Request-Private-Network: true",
    ],
    (head) => !/access-control/i.test(head),
  ],
  [
    "S-O40",
    "a foreign page may load the client but not read it",
    200,
    () => [get("/client.js"), local, "Origin: https://evil.example"],
    (head) => !/access-control-allow-origin/i.test(head),
  ],
  [
    "S-O41",
    "a sandboxed frame may not read the client",
    200,
    () => [get("/client.js"), local, "Origin: null"],
    (head) => !/access-control-allow-origin/i.test(head),
  ],
  ["S-O42", "a runtime without Origin has no token", 401, () => [get("/runtime"), local, ...upgrading]],
  [
    "S-O43",
    "a browser's request without Origin for a runtime's socket",
    403,
    (target) => [get("/runtime"), local, "Sec-Fetch-Mode: websocket", bearer(target), ...upgrading],
  ],
]

const paths: readonly Row[] = [
  ...[
    ["//frontend", "an empty segment"],
    ["/./frontend", "a dot"],
    ["/demo/../frontend", "two dots"],
    ["/%66rontend", "an escape"],
    ["/frontend%00", "an escaped nul"],
    ["/demo/..%2ffrontend", "an escaped slash"],
    ["/demo\\..\\frontend", "backslashes"],
    ["/frontend#x", "a fragment"],
    ["/frontend;x=1", "a parameter"],
    ["*", "an asterisk"],
    ["frontend", "no slash"],
    ["/front\u00e9nd", "a byte beyond ASCII"],
    ["/frontend?x=<script>", "markup in the query"],
  ].map(([path, what], nth): Row => [
    `S-P${pad(nth + 1)}`,
    `a target with ${what}: ${path}`,
    400,
    (target) => [get(path!), local, bearer(target), ...upgrading],
  ]),
  ...["/", "/.git/config", "/package.json", "/frontend/", "/client.js/x", "/json/version", "/__proto__", "/chunk/"].map(
    (path, nth): Row => [`S-P${20 + nth}`, `what is not there: ${path}`, 404, () => [get(path), local]],
  ),
  ["S-P30", "a socket's path as a page", 404, (target) => [get("/frontend"), local, bearer(target)]],
  ["S-P31", "a page's path as a socket", 404, (target) => [get("/status"), local, bearer(target), ...upgrading]],
  ["S-P32", "an eval by GET", 405, (target) => [get("/eval?code=alert()"), local, bearer(target)]],
  ["S-P33", "another method", 405, () => ["PUT /client.js HTTP/1.1", local, "Content-Length: 0"]],
  ["S-P34", "a method that echoes", 405, (target) => ["TRACE /status HTTP/1.1", local, bearer(target)]],
  [
    "S-P35",
    "no answer may be framed, guessed at or kept",
    404,
    () => [get("/frame-me"), local],
    (head) => /x-frame-options: deny/i.test(head) && /nosniff/i.test(head) && /no-store/i.test(head),
  ],
]

const tokens: readonly Row[] = [
  ...(
    [
      ["none", () => []],
      ["an empty one", () => ["Authorization: Bearer "]],
      ["a wrong one", () => ["Authorization: Bearer wrong"]],
      ["the beginning of the right one", ({ token }) => [`Authorization: Bearer ${token.slice(0, -1)}`]],
      ["the right one and more", ({ token }) => [`Authorization: Bearer ${token}A`]],
      ["the right one in capitals", ({ token }) => [`Authorization: Bearer ${token.toUpperCase()}`]],
      ["the right one by another scheme", ({ token }) => [`Authorization: Basic ${token}`]],
      ["the right one twice", (target) => [bearer(target), bearer(target)]],
      ["the right one in a cookie", ({ token }) => [`Cookie: token=${token}`]],
      ["two subprotocols with one each", ({ token }) => [`Sec-WebSocket-Protocol: ${twice(token)}`]],
      ["a wrong subprotocol", () => ["Sec-WebSocket-Protocol: repl-bridge, repl-bridge.token.wrong"]],
      ["none, to speak JSON-RPC", () => ["Sec-WebSocket-Protocol: repl-bridge.rpc"]],
    ] as const satisfies readonly (readonly [string, (target: Target) => readonly string[]])[]
  ).map(([what, headers], nth): Row => [
    `S-T${pad(nth + 1)}`,
    `token: ${what}`,
    401,
    (target) => [get("/frontend"), local, ...(headers as (target: Target) => readonly string[])(target), ...upgrading],
  ]),
  ["S-T20", "token: in the query", 401, ({ token }) => [get(`/frontend?token=${token}`), local, ...upgrading]],
  ["S-T21", "the status without a token", 401, () => [get("/status"), local]],
  ["S-T22", "an eval without a token", 401, () => ["POST /eval HTTP/1.1", local, "Content-Length: 0"]],
  ...["X-Forwarded-For: 10.0.0.1", "Forwarded: for=10.0.0.1", "X-Real-IP: 10.0.0.1", "Via: 1.1 tunnel"].map(
    (header, nth): Row => [
      `S-T${30 + nth}`,
      `through a tunnel that makes everything local: ${header}`,
      401,
      () => [get("/runtime"), local, `Origin: ${page}`, header, ...upgrading],
    ],
  ),
  [
    "S-T40",
    "the token that opened a socket is not said back",
    101,
    ({ token }) => [
      get("/frontend"),
      local,
      `Sec-WebSocket-Protocol: repl-bridge.token.${token}, repl-bridge`,
      ...upgrading,
    ],
    (head) => !head.includes("repl-bridge.token."),
  ],
  [
    "S-T42",
    "the same to speak JSON-RPC",
    101,
    ({ token }) => [
      get("/frontend"),
      local,
      `Sec-WebSocket-Protocol: repl-bridge.token.${token}, repl-bridge.rpc`,
      ...upgrading,
    ],
    (head) => !head.includes("repl-bridge.token."),
  ],
  [
    "S-T41",
    "compression is not taken up",
    101,
    () => [get("/runtime"), local, `Origin: ${page}`, "Sec-WebSocket-Extensions: permessage-deflate", ...upgrading],
    (head) => !/extensions/i.test(head),
  ],
]

const smuggling: readonly Row[] = [
  ["S-P40", "a header of more than 8 KiB", 431, () => [get("/client.js"), local, `X: ${"x".repeat(9000)}`]],
  [
    "S-P41",
    "a second Host behind 2,000 headers",
    403,
    () => [get("/client.js"), local, ...Array<string>(2000).fill("a:"), "Host: evil.example"],
  ],
  [
    "S-P42",
    "two lengths",
    400,
    (target) => ["POST /eval HTTP/1.1", local, bearer(target), "Content-Length: 1", "Content-Length: 2"],
  ],
  [
    "S-P43",
    "a length beside chunks",
    400,
    (target) => ["POST /eval HTTP/1.1", local, bearer(target), "Content-Length: 1", "Transfer-Encoding: chunked"],
  ],
  ["S-P44", "a header without a colon", 400, () => [get("/client.js"), local, "no colon here"]],
  ["S-P45", "a header folded over two lines", 400, () => [get("/client.js"), `X: a\r\n b`, local, "\u0000: x"]],
  [
    "S-P48",
    "headers that every object has",
    200,
    () => [get("/client.js"), local, "__proto__: x", "__proto__: y", "constructor: x", "toString: x", "valueOf: x"],
  ],
  [
    "S-P46",
    "an upgrade to something else",
    400,
    () => [get("/runtime"), local, `Origin: ${page}`, "Connection: Upgrade", "Upgrade: h2c"],
  ],
  [
    "S-P47",
    "an upgrade without a key",
    400,
    () => [get("/runtime"), local, `Origin: ${page}`, ...upgrading.slice(0, 3)],
  ],
]

export const requestAttacks: readonly Attack[] = [...hosts, ...origins, ...paths, ...tokens, ...smuggling].map(
  ([id, what, status, request, holds = () => true]) => ({
    id,
    what,
    verdict: `${status}`,
    async attempt(target) {
      const answer = await raw(target, Buffer.from(lines(...[request(target)].flat()), "latin1"))
      return holds(answer.head) ? `${answer.status}` : `${answer.status} with ${answer.head}`
    },
  }),
)

function pad(nth: number): string {
  return `${nth}`.padStart(2, "0")
}

function twice(token: string): string {
  return `repl-bridge.token.${token}, repl-bridge.token.wrong`
}
