// The editors that `npm run test:editors` tests in: looks for them, and installs Debian's where they are missing.
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync } from "node:fs"

const editors = [
  { command: "nvim", package: "neovim" },
  { command: "emacs", package: "emacs-nox" },
]

const isHere = ({ command }) => spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0
const missing = editors.filter((editor) => !isHere(editor))

if (missing.length > 0) {
  const packages = missing.map((editor) => editor.package)
  const isDebian = existsSync("/etc/debian_version") && process.getuid?.() === 0
  if (!isDebian) {
    console.error(`editors: ${packages.join(" and ")} must be installed to be tested in`)
    process.exit(1)
  }
  console.log(`editors: installing Debian's ${packages.join(" and ")}`)
  const apt = (...words) =>
    execFileSync("apt-get", ["-o", "DPkg::Lock::Timeout=600", "-qq", "-y", ...words], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    })
  apt("update")
  apt("install", "--no-install-recommends", ...packages)
}
