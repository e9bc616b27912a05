// `npm run check`: everything about the code that can be judged without running it.
import { spawnSync } from "node:child_process"

const steps = [
  ["format", "oxfmt", "--check", "."],
  ["lint", "oxlint", "--type-aware", "--deny-warnings", "."],
  ["types of pure files", "tsc", "-p", "tsconfig.pure.json"],
  ["types of tests", "tsc", "-p", "test"],
  ["types of the VS Code extension", "tsc", "-p", "editors/vscode"],
  ["package", "publint", "--strict"],
  [
    "package types",
    "attw",
    "--pack",
    ".",
    "--profile",
    "esm-only",
    "--no-emoji",
    "-f",
    "ascii",
    "--exclude-entrypoints",
    "client.js",
  ],
]

let failed = 0
for (const [what, command, ...words] of steps) {
  const { status, stdout, stderr, error } = spawnSync(`node_modules/.bin/${command}`, words, { encoding: "utf8" })
  if (status === 0) {
    console.log(`check: ${what}: ok`)
  } else {
    failed++
    console.log(`check: ${what}: failed\n${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}`)
  }
}
process.exitCode = failed === 0 ? 0 : 1
