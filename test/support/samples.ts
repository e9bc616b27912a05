import { readFileSync } from "node:fs"

/** A value that is hard to show: code that makes it, and what a terminal shows of it. */
export interface Sample {
  readonly code: string
  readonly shown: string
}

/** The values in `test/fixtures`: a line `> code`, and below it what is shown. */
export function readSamples(name: "values" | "values-in-pages"): readonly Sample[] {
  const text = readFileSync(new URL(`../fixtures/${name}.txt`, import.meta.url), "utf8")
  return text
    .split(/^> /m)
    .slice(1)
    .map((sample) => {
      const [code = "", ...shown] = sample.trimEnd().split("\n")
      return { code, shown: shown.join("\n") }
    })
}

/** Where an error came from differs from run to run. */
export function withoutFrames(shown: string): string {
  return shown.replace(/\n +at .*?(?=(?: \{)?,?(?:\n|$))/g, "")
}
