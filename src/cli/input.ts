/** Standard input, which also closes when it is a file or a device, and ends. */
export function inputThatCloses(): typeof process.stdin {
  const { stdin } = process
  return stdin.once("end", () => stdin.destroy())
}
