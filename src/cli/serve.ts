import { writeDiscovery } from "../discovery/index.ts"
import {
  connectFrontEnd,
  followNews,
  openRpc,
  watch,
  type FrontEnd,
  type OnChange,
  type Watching,
} from "../frontend/index.ts"
import { packageVersion, protocolVersion } from "../protocol/index.ts"
import {
  createEraseTypes,
  startBridge,
  startProxy,
  startSite,
  type Bridge,
  type Site,
  type AgentPolicy,
  type TargetPolicy,
} from "../server/index.ts"
import { banner, scriptTag } from "./banner.ts"
import { styleFor } from "./colour.ts"
import { readDemo } from "./demo.ts"
import { exit } from "./exit.ts"
import { whenIdle } from "./idle.ts"
import { catchInterrupts } from "./interrupts.ts"
import { exposureNotice, exposureOf, type ExposureOptions } from "./exposure.ts"
import { createNotices, type Notices } from "./notices.ts"
import { openPage } from "./open-page.ts"
import { print, tell, toJsonLine, type OutputOptions } from "./output.ts"
import { kindOfRepl, replSignals, runRepl } from "./repl.ts"

export interface ServeOptions extends OutputOptions, ExposureOptions {
  readonly port: number
  readonly allowOrigin?: readonly string[]
  readonly allowHost?: readonly string[]
  readonly trustProxy?: true
  readonly maxRuntimes?: number
  readonly target: TargetPolicy
  readonly agents: AgentPolicy
  readonly loopGuard?: number
  readonly watch?: readonly string[]
  readonly onChange: OnChange
  readonly proxy?: string
  /** False with `--no-repl`. */
  readonly repl: boolean
  readonly open?: true
  readonly idleExit?: number
}

export async function serve(folder: string | undefined, options: ServeOptions): Promise<number> {
  const hasRepl = options.repl && !options.json && process.stdin.isTTY
  const interrupt = catchInterrupts(hasRepl ? replSignals() : undefined)
  const notices = createNotices((text) => tell(text, {}))
  const bridge = await startBridge({
    port: options.port,
    ...exposureOf(options),
    allowOrigins: options.allowOrigin ?? [],
    allowHosts: options.allowHost ?? [],
    ...(options.trustProxy && { trustProxy: true }),
    ...(options.maxRuntimes !== undefined && { maxRuntimes: options.maxRuntimes }),
    target: options.target,
    agents: options.agents,
    loopLimitMs: options.loopGuard ?? 0,
    demo: readDemo(),
    openRpc: (socket) => openRpc(socket, { eraseTypes: createEraseTypes() }),
    log: (line) => options.quiet || notices.say(line),
  })
  const site = await siteFor(folder, options, bridge, notices)
  const forget = leaveRecord(bridge)
  // Also when a second signal ends the process at once.
  process.once("exit", forget)
  const frontEnd = await connectFrontEnd({
    bridge,
    ...(hasRepl ? { name: "terminal", ...kindOfRepl() } : { name: "serve" }),
  })
  try {
    const failed = ({ message }: Error): void => notices.say(message)
    const watching = await watchFor(bridge, options, failed)
    if (options.open) openPage(site?.url ?? `http://localhost:${bridge.port}/demo`, failed)
    const code = hasRepl
      ? await talk(bridge, site, frontEnd, options, notices, interrupt)
      : await run(bridge, site, frontEnd, options, interrupt)
    await watching?.close()
    return code
  } finally {
    forget()
    await frontEnd.close()
    await Promise.all([bridge.stop(), site?.stop()])
  }
}

async function siteFor(
  folder: string | undefined,
  { proxy, quiet }: ServeOptions,
  { port: bridgePort, stop }: Bridge,
  { say }: Notices,
): Promise<Site | undefined> {
  const port = bridgePort + 1
  try {
    if (folder !== undefined) return await startSite({ folder, port, tag: scriptTag(bridgePort) })
    if (proxy === undefined) return undefined
    return await startProxy({
      upstream: proxy,
      port,
      bridgePort,
      tag: (nonce) => scriptTag(bridgePort, nonce),
      log: (line) => quiet || say(line),
    })
  } catch (error) {
    await stop()
    throw error
  }
}

/** As a front end of its own, so that all see who evaluates. */
async function watchFor(
  bridge: Bridge,
  { watch: patterns = [], onChange }: ServeOptions,
  failed: (error: Error) => void,
): Promise<Watching | undefined> {
  if (patterns.length === 0) return undefined
  const frontEnd = await connectFrontEnd({ bridge, name: "watch" })
  try {
    const { close } = await watch(frontEnd, { patterns, cwd: process.cwd(), onChange, failed })
    return { close: () => Promise.all([close(), frontEnd.close()]).then(() => undefined) }
  } catch (error) {
    await frontEnd.close()
    throw error
  }
}

async function talk(
  bridge: Bridge,
  site: Site | undefined,
  frontEnd: FrontEnd,
  options: ServeOptions,
  { follow }: Notices,
  signal: AbortSignal,
): Promise<number> {
  const { quiet, color } = options
  return runRepl(frontEnd, {
    color,
    signal,
    notices: follow,
    ...(!quiet && { banner: await welcome(bridge, site, options) }),
  })
}

async function welcome(bridge: Bridge, site: Site | undefined, options: ServeOptions): Promise<string> {
  const style = styleFor(process.stdout, options)
  return [banner(bridge.port, site?.url, style), await exposureNotice(bridge, style)].filter(Boolean).join("\n")
}

/** Without a REPL: says what happens until it is told to stop. */
async function run(
  bridge: Bridge,
  site: Site | undefined,
  frontEnd: FrontEnd,
  options: ServeOptions,
  interrupt: AbortSignal,
): Promise<number> {
  const { idleExit } = options
  if (options.json) printEvents(bridge, site, frontEnd)
  else if (!options.quiet) {
    print(await welcome(bridge, site, options))
    followNews(frontEnd, styleFor(process.stdout, options), { print })
  }
  await aborted(
    idleExit === undefined
      ? interrupt
      : AbortSignal.any([interrupt, whenIdle(bridge, idleExit, options.watch ? 2 : 1)]),
  )
  return exit.done
}

const report = (event: string, detail: object): void => print(toJsonLine({ event, ...detail }))

function printEvents(bridge: Bridge, site: Site | undefined, frontEnd: FrontEnd): void {
  const { url, port, exposedUrls, runtimeKey } = bridge
  const exposed = exposedUrls.length > 0 && { exposedUrls, runtimeKey }
  report("listening", { url, port, pid: process.pid, ...(site && { site: site.url }), ...exposed })
  // A page that waited for us may be here already.
  for (const runtime of frontEnd.runtimes) report("runtime", runtime)
  frontEnd.on("runtime", (runtime) => report("runtime", runtime))
  frontEnd.on("console", (line) => report("console", line))
  frontEnd.on("evaluated", (evaluated) => report("eval", evaluated))
}

/** Lets this user's front ends find the bridge. Returns a function that ends that. */
function leaveRecord({ url, port, token }: Bridge): () => void {
  return writeDiscovery({
    url,
    port,
    pid: process.pid,
    project: process.cwd(),
    token,
    protocol: protocolVersion,
    version: packageVersion,
    startedAt: new Date().toISOString(),
  })
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener("abort", () => resolve(), { once: true })
  })
}
