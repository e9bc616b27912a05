// Makes the client one script, as a script tag loads it.
import { rolldown } from "rolldown"
import { parse } from "../dist/language/parse.js"
import { findNames } from "../dist/language/scope.js"

/**
 * @param {{ minify?: boolean }} options
 * @returns {Promise<string>}
 */
export async function bundleClient({ minify = false } = {}) {
  const bundle = await rolldown({ input: "src/client/auto.ts", platform: "browser" })
  const { output } = await bundle.generate({ format: "iife", minify })
  await bundle.close()
  return takeGlobals(output[0].code)
}

/**
 * What the script uses of the page is taken once, at load: later an input may
 * declare an `Object` or a `Promise` of its own, and the page may replace its.
 * @param {string} code
 */
function takeGlobals(code) {
  const { references } = findNames(parse(code), true)
  const names = new Set(references.map(({ name }) => name))
  for (const constant of ["globalThis", "undefined", "NaN", "Infinity"]) names.delete(constant)
  return `(globalThis=>{const{${[...names].sort().join()}}=globalThis;${code}})(globalThis);\n`
}
