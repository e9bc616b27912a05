// Makes the client one script, as a script tag loads it, and one module, as a bundler does.
import { rolldown } from "rolldown"
import { minify as squeeze } from "terser"
import { parse } from "../dist/language/parse.js"
import { findNames } from "../dist/language/scope.js"
import { takeIntrinsics } from "./intrinsics.mjs"

/**
 * @param {{ input?: string, minify?: boolean }} options
 * @returns {Promise<string>}
 */
export async function bundleClient({ input = "src/client/auto.ts", minify = false } = {}) {
  // Two minifiers find more than either: the first sees modules, the second renames better and repeats more of what it wrote.
  const code = await bundle(input, minify && { compress: { target: "es2022" }, mangle: false, codegen: false })
  const own = takeIntrinsics(code)
  const script = `(globalThis => {\n${takeGlobals(own)}${own}})(globalThis);\n`
  return minify ? (await squeeze(script, terserOptions)).code : script
}

/** @returns {Promise<string>} */
export async function bundleModule() {
  const code = await bundle("src/client/index.ts", false)
  const exportsAt = code.lastIndexOf("export {")
  const own = takeIntrinsics(code.slice(0, exportsAt))
  return takeGlobals(own) + own + code.slice(exportsAt)
}

async function bundle(input, minify) {
  const build = await rolldown({ input, platform: "browser", treeshake: { propertyReadSideEffects: false } })
  const { output } = await build.generate({ format: "esm", minify })
  await build.close()
  return output[0].code
}

/** None of our getters does anything, and none of the globals that we took is changed. */
const terserOptions = {
  ecma: 2022,
  compress: { passes: 3, sequences: false, pure_getters: true, unsafe_arrows: true, unsafe_methods: true },
}

/**
 * What the code uses of the page is taken once, at load: later an input may
 * declare an `Object` or a `Promise` of its own, and the page may replace its.
 * @param {string} code
 */
function takeGlobals(code) {
  const { references } = findNames(parse(`(() => {${code}})()`), true)
  const names = new Set(references.map(({ name }) => name))
  for (const constant of ["globalThis", "undefined", "NaN", "Infinity"]) names.delete(constant)
  return `const { ${[...names].sort().join(", ")} } = globalThis;\n`
}
