import { Command, CommanderError, InvalidArgumentError, Option } from "commander"
import { packageVersion } from "../protocol/index.ts"
import type { AttachOptions } from "./attach.ts"
import type { DoctorOptions } from "./doctor.ts"
import type { EvalOptions } from "./eval.ts"
import type { LogsOptions } from "./logs.ts"
import type { ReloadOptions } from "./reload.ts"
import type { RuntimesOptions } from "./runtimes.ts"
import type { ServeOptions } from "./serve.ts"
import type { StayingOptions } from "./staying.ts"
import { exit } from "./exit.ts"
import { atLeast, count, milliseconds, portNumber } from "./values.ts"

/** Runs what the words say. Each command is a file of its own, loaded when it is called. */
export async function runProgram(words: readonly string[]): Promise<number> {
  let exitCode: number = exit.done
  const program = describe((code) => (exitCode = code))
  try {
    await program.parseAsync(words, { from: "user" })
    return exitCode
  } catch (error) {
    // Help and version count as errors there, with the code 0; all others are usage.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exit.done : exit.usage
    const { complain } = await import("./complain.ts")
    return complain(error)
  }
}

function describe(ends: (exitCode: number) => void): Command {
  const program = new Command("repl-bridge")
    .description("A REPL into the live JavaScript of any web page, over a link that heals itself.")
    .version(packageVersion)
    .showHelpAfterError("(--help lists what there is)")
    .exitOverride()
    .addHelpText("after", exitCodes)

  program
    .command("serve")
    .description("start the bridge; with a terminal on stdin also its REPL")
    .argument("[folder]", "serve its files, too, with the script in its pages; on the next free port")
    .addOption(port("where to listen; 0 lets the system choose").default(9001))
    .option("--host <address>", "an address at which others than this machine reach the bridge, with --expose")
    .option("--expose", "let them: pages by the key in their script tag, and no front ends")
    .option("--tls-cert <path>", "certificate for --host, in PEM")
    .option("--tls-key <path>", "its key, in PEM")
    .option("--remote-frontends", "let front ends elsewhere in, too, by TLS and with the token")
    .option("--allow-origin <origin...>", "exact origins, beside those on localhost, whose pages may connect")
    .option("--allow-host <host...>", "host names, beside localhost, under which the bridge may be addressed")
    .option("--trust-proxy", "requests that a proxy passed on count as local")
    .addOption(
      new Option(
        "--max-runtimes <number>",
        "pages at a time, of one origin or of all (32 and 240 if not given)",
      ).argParser(reading(count)),
    )
    .addOption(
      new Option(
        "--target <which>",
        "where evals go that name no page: the latest one, the visible one, or always the same",
      )
        .choices(["latest", "visible", "sticky"])
        .default("sticky"),
    )
    .addOption(
      new Option("--agents <policy>", "what agents may: all, what you say yes to in the terminal, or only look")
        .choices(["allow", "ask", "read-only"])
        .default("allow"),
    )
    .addOption(
      duration("--loop-guard [ms]", "stop a loop of an input that blocks the page for so long (1 s)").preset(1000),
    )
    .option("--watch <glob...>", "swap saved stylesheets, reload the pages for other saved files")
    .addOption(
      new Option("--on-change <what>", "of a saved script: reload the pages, or evaluate it in those that have it")
        .choices(["reload", "eval"])
        .default("reload"),
    )
    .option("--proxy <url>", "pass on a dev server's pages, with the script in them; on the next free port")
    .option("--no-repl", "no REPL, also with a terminal on stdin")
    .option("--open", "open the page of the folder or the proxy, or the demo, in the browser")
    .addOption(duration("--idle-exit [ms]", "end when no page and no front end was there for so long").preset(60_000))
    .addOption(json("one JSON object a line: listening, then runtime, console, eval"))
    .addOption(noColor())
    .addOption(quiet())
    .action(async (folder: string | undefined, options: ServeOptions) => {
      if (folder !== undefined && options.proxy !== undefined) {
        program.error("error: either a folder or --proxy: each has the pages of its own", { exitCode: exit.usage })
      }
      if (options.onChange !== "reload" && options.watch === undefined) {
        program.error("error: --on-change is for files that are watched: pass --watch, too", { exitCode: exit.usage })
      }
      const { serve } = await import("./serve.ts")
      ends(await serve(folder, options))
    })

  reaching(program.command("eval"))
    .description("evaluate in a runtime and print the outcome")
    .argument("[code]", 'JavaScript; "-" reads it from stdin')
    .option("--file <path>", "read the code from a file")
    .addOption(runtime("where: an id, a number, a name, or all"))
    .addOption(
      duration("--wait <ms>", "how long to wait for a runtime (5 s if not given), and for a bridge (not at all)"),
    )
    .addOption(duration("--timeout <ms>", "how long it may run; 0 for no limit").default(30_000, "30 s"))
    .option("--raw", "print a string as it is, without quotes")
    .addOption(json("print the outcome as one JSON object"))
    .action(async (code: string | undefined, options: EvalOptions) => {
      const { evaluate } = await import("./eval.ts")
      ends(await evaluate(code, options))
    })

  staying(program.command("attach"))
    .description("a REPL on a bridge that runs elsewhere; stdin that is no terminal is run input by input")
    .addOption(runtime("where to begin: an id, a number or a name"))
    .action(async (options: AttachOptions) => {
      const { attach } = await import("./attach.ts")
      ends(await attach(options))
    })

  staying(program.command("logs"))
    .description("console lines and errors of the pages, as far back as the bridge remembers them")
    .option("--follow", "stay, and print those that come")
    .addOption(runtime("only of this one: an id, a number or a name"))
    .addOption(json("one JSON object a line"))
    .action(async (options: LogsOptions) => {
      const { logs } = await import("./logs.ts")
      ends(await logs(options))
    })

  reaching(program.command("runtimes"))
    .description("list the runtimes")
    .addOption(json("one JSON object a line"))
    .action(async (options: RuntimesOptions) => {
      const { runtimes } = await import("./runtimes.ts")
      ends(await runtimes(options))
    })

  reaching(program.command("reload"))
    .description("reload the pages")
    .addOption(runtime("only this one: an id, a number or a name"))
    .addOption(json("one JSON object a line: the runtimes that were asked"))
    .action(async (options: ReloadOptions) => {
      const { reload } = await import("./reload.ts")
      ends(await reload(options))
    })

  staying(program.command("mcp"))
    .description("tools for AI agents: a Model Context Protocol server on stdin and stdout")
    .action(async (options: StayingOptions) => {
      const { mcp } = await import("./mcp.ts")
      ends(await mcp(options))
    })

  editing(program.command("lsp"), "framed").description("a language server on stdin and stdout, for editors")
  editing(program.command("rpc"), "lines").description("the messages of the language server, one a line, for scripts")

  function editing(command: Command, wire: "framed" | "lines"): Command {
    return staying(command)
      .addOption(new Option("--stdio", "the only way there is: editors like to name it").hideHelp())
      .action(async (options: StayingOptions) => {
        const { lsp } = await import("./lsp.ts")
        ends(await lsp(options, wire))
      })
  }

  reaching(program.command("doctor"))
    .description("say why a page does not connect, by loading it in an installed Chrome or Chromium")
    .argument("<page>", "the page's URL")
    .addOption(duration("--wait <ms>", "how long it may take to connect once it is loaded").default(5000, "5 s"))
    .addOption(json("one JSON object a line: cause, message, next"))
    .action(async (page: string, options: DoctorOptions) => {
      const { doctor } = await import("./doctor.ts")
      ends(await doctor(page, options))
    })

  return program
}

/** Options of all commands that look for a bridge. */
function reaching(command: Command): Command {
  return command
    .addOption(port("the bridge on this port").conflicts("url"))
    .option("--url <url>", "the bridge at this address (else REPL_BRIDGE_URL, the project's, or port 9001)")
    .addOption(noColor())
    .addOption(quiet())
}

/** Options of commands that stay until they are told to go. */
function staying(command: Command): Command {
  return reaching(command)
    .option("--no-reconnect", "end at the first drop, with exit code 8")
    .addOption(
      new Option("--max-reconnect-delay <ms>", "the longest time between two attempts to reconnect")
        .argParser(reading(atLeast(1000)))
        .default(30_000, "30 s"),
    )
}

const port = (description: string): Option => new Option("--port <number>", description).argParser(reading(portNumber))
const duration = (flags: string, description: string): Option =>
  new Option(flags, description).argParser(reading(milliseconds))
const runtime = (description: string): Option => new Option("--runtime <runtime>", description)
const json = (description: string): Option => new Option("--json", description)
const noColor = (): Option => new Option("--no-color", "no colours; so does NO_COLOR")
const quiet = (): Option => new Option("--quiet", "only results and errors")

function reading<Value>(read: (text: string) => Value): (text: string) => Value {
  return (text) => {
    try {
      return read(text)
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message)
    }
  }
}

const exitCodes = `
Times are milliseconds; 5s and 2m are understood too.

Exit codes: 0 value · 1 thrown · 2 wrong usage · 3 no runtime, or none chosen · 4 lost · 5 timeout ·
6 no bridge there, or not allowed · 7 refused · 8 dropped (--no-reconnect) · 130 interrupted`
