import { readFile, writeFile } from "node:fs/promises"
import type { Evaluation, FrontEnd } from "../frontend.ts"
import { visible } from "./cells.ts"
import { exitCode, exitCodeOf } from "./exit-code.ts"
import type { History } from "./history.ts"
import type { Inspection } from "./inspection.ts"
import { seatOf } from "./prompt.ts"
import { runtimeTable } from "./runtime-table.ts"
import type { Style } from "./style.ts"

/** What a dot-command may use. */
export interface Desk {
  readonly frontEnd: FrontEnd
  readonly style: Style
  readonly history: History
  /** The inputs of this session that were evaluated. */
  readonly evaluated: readonly string[]
  print(text: string): void
  /** Evaluates as if it had been typed: prints the outcome and gives its exit code. */
  run(code: string): Promise<number>
  readonly inspection: Inspection
  /** Evaluates, in one runtime where it is named, and prints nothing; ^C cancels it too. */
  ask(code: string, runtime?: string): Promise<Evaluation>
  show(evaluation: Evaluation, code: string): void
  format(evaluation: Evaluation): string
  startBlock(): void
  clear(): void
  leave(): void
}

export interface Command {
  /** As shown by `.help`: the words after the name. */
  readonly usage: string
  readonly tells: string
  /** Whether the argument is code, which may go on over several lines. */
  readonly takesCode?: boolean
  /** Whether the argument names a runtime. */
  readonly takesRuntime?: boolean
  readonly takesFile?: boolean
  run(desk: Desk, argument: string): Promise<number> | number
}

/** What cannot fail. */
const simply =
  (act: (desk: Desk) => void): Command["run"] =>
  (desk) => {
    act(desk)
    return exitCode.value
  }

export const commands: Readonly<Record<string, Command>> = {
  runtimes: { usage: "", tells: "list the runtimes", run: listRuntimes },
  use: { usage: "RUNTIME", tells: "evaluate in this one from now on", takesRuntime: true, run: use },
  all: { usage: "CODE", tells: "evaluate in all runtimes", takesCode: true, run: evaluateInAll },
  inspect: { usage: "[CODE]", tells: "show more of the last value, or of CODE", takesCode: true, run: inspect },
  more: { usage: "", tells: "go on with what .inspect shows", run: showMore },
  pick: {
    usage: "",
    tells: "click an element in the page: it is $0 from then on",
    run: (desk) => desk.run("await pick()"),
  },
  reload: { usage: "[RUNTIME|all]", tells: "reload the page", takesRuntime: true, run: reload },
  load: { usage: "FILE", tells: "evaluate a file", takesFile: true, run: load },
  save: { usage: "FILE", tells: "write the inputs of this session to a file", takesFile: true, run: save },
  editor: { usage: "", tells: "type a block of lines, and run it with ^D", run: simply((desk) => desk.startBlock()) },
  history: { usage: "[TEXT]", tells: "list earlier inputs", run: listHistory },
  clear: { usage: "", tells: "clear the screen", run: simply((desk) => desk.clear()) },
  help: { usage: "", tells: "show this list and the keys", run: help },
  exit: { usage: "", tells: "leave; so does ^D", run: simply((desk) => desk.leave()) },
}

export interface Called {
  readonly name: string
  readonly argument: string
}

/** The dot-command in an input; a number such as `.5` is none. */
export function commandIn(input: string): Called | undefined {
  const [, name, argument] = /^\s*\.(\p{L}+)(?:\s+([^]*))?$/u.exec(input) ?? []
  return name === undefined ? undefined : { name, argument: (argument ?? "").trim() }
}

/** The code in an input that may ask for another line; undefined where a dot-command takes none. */
export function codeIn(input: string): string | undefined {
  const called = commandIn(input)
  if (called === undefined) return input
  return commandNamed(called.name)?.takesCode ? called.argument : undefined
}

export function commandNamed(name: string): Command | undefined {
  return Object.hasOwn(commands, name) ? commands[name] : undefined
}

export async function call({ name, argument }: Called, desk: Desk): Promise<number> {
  const command = commandNamed(name)
  if (command === undefined) return complain(desk, `there is no .${name}: .help lists what there is`)
  try {
    return await command.run(desk, argument)
  } catch (error) {
    return complain(desk, (error as Error).message)
  }
}

function complain(desk: Desk, problem: string): number {
  desk.print(desk.style.error(visible(problem)))
  return exitCode.usage
}

function listRuntimes(desk: Desk): number {
  const { runtimes } = desk.frontEnd
  if (runtimes.length === 0) return complain(desk, "no runtime is connected")
  const seat = seatOf(desk.frontEnd)
  for (const [index, row] of runtimeTable(runtimes).entries()) {
    const isSeat = runtimes[index]!.id === seat?.id
    desk.print(isSeat ? desk.style.strong(`› ${row}`) : `  ${row}`)
  }
  return exitCode.value
}

async function use(desk: Desk, runtime: string): Promise<number> {
  if (runtime === "") return listRuntimes(desk)
  await desk.frontEnd.use(runtime)
  return exitCode.value
}

async function evaluateInAll(desk: Desk, code: string): Promise<number> {
  if (code === "") return complain(desk, "usage: .all CODE")
  const { runtimes } = desk.frontEnd
  if (runtimes.length === 0) return complain(desk, "no runtime is connected")
  const answers = await Promise.all(
    runtimes.map(async (runtime) => ({ runtime, evaluation: await desk.ask(code, runtime.id) })),
  )
  const whoSaid = new Map<string, string[]>()
  for (const { runtime, evaluation } of answers) {
    const text = desk.format(evaluation)
    whoSaid.set(text, [...(whoSaid.get(text) ?? []), `${runtime.number} ${runtime.name}`])
  }
  for (const [text, who] of whoSaid) {
    const names = who.join(", ")
    desk.print(desk.style.prompt(visible(names)))
    desk.print(text.replace(/^/gm, "  "))
  }
  return Math.max(...answers.map(({ evaluation }) => exitCodeOf(evaluation)))
}

async function inspect(desk: Desk, code: string): Promise<number> {
  const { inspection } = desk
  if (code !== "") {
    const evaluation = await desk.ask(code)
    if (evaluation.outcome !== "value") {
      desk.show(evaluation, code)
      return exitCodeOf(evaluation)
    }
    inspection.last = evaluation.result
  }
  if (inspection.last === undefined) return complain(desk, "there is no value yet: .inspect CODE")
  desk.print(await inspection.begin(inspection.last))
  return exitCode.value
}

async function showMore({ inspection, print, style }: Desk): Promise<number> {
  print((await inspection.goOn()) ?? style.hint("that was all"))
  return exitCode.value
}

async function reload(desk: Desk, runtime: string): Promise<number> {
  const asked = await desk.frontEnd.reload(runtime === "" ? {} : { runtime })
  const names = asked.map(({ name }) => name).join(", ")
  desk.print(desk.style.hint(visible(names === "" ? "nothing to reload" : `reloading ${names}`)))
  return exitCode.value
}

async function load(desk: Desk, path: string): Promise<number> {
  if (path === "") return complain(desk, "usage: .load FILE")
  return desk.run(await readFile(path, "utf8"))
}

async function save(desk: Desk, path: string): Promise<number> {
  if (path === "") return complain(desk, "usage: .save FILE")
  await writeFile(path, desk.evaluated.map((input) => `${input}\n`).join(""))
  desk.print(desk.style.hint(`${desk.evaluated.length} inputs in ${path}`))
  return exitCode.value
}

function listHistory(desk: Desk, text: string): number {
  const shown = desk.history.filter((entry) => entry.includes(text))
  const recent = text === "" ? shown.slice(-30) : shown
  for (const entry of recent) {
    const lines = entry.split("\n").map((line) => visible(line))
    desk.print(lines.join("\n  "))
  }
  return exitCode.value
}

const keys = [
  ["Tab", "complete; again for the menu"],
  ["↑ ↓", "earlier inputs that start as this one"],
  ["^R", "search earlier inputs"],
  ["Alt-Enter", "a new line; Enter makes one where more must follow"],
  ["^C", "cancel what is waited for, clear the line"],
  ["^Y ^_", "put back what was cut; undo"],
] as const

function help(desk: Desk): number {
  const { style } = desk
  const rows = Object.entries(commands).map(([name, { usage, tells }]) => [`.${name} ${usage}`.trim(), tells] as const)
  for (const [what, tells] of [...rows, ...keys]) desk.print(`${style.keyword(what.padEnd(22))} ${style.hint(tells)}`)
  return exitCode.value
}
