// Makes the client one script, as a script tag loads it.
import { rolldown } from "rolldown"
import { minify as squeeze } from "terser"
import { parse } from "../dist/language/parse.js"
import { findNames } from "../dist/language/scope.js"

/**
 * @param {{ input?: string, minify?: boolean }} options
 * @returns {Promise<string>}
 */
export async function bundleClient({ input = "src/client/auto.ts", minify = false } = {}) {
  const bundle = await rolldown({ input, platform: "browser", treeshake: { propertyReadSideEffects: false } })
  // Two minifiers find more than either: the first sees modules, the second renames better and repeats more of what it wrote.
  const compress = minify && { compress: { target: "es2022" }, mangle: false, codegen: false }
  const { output } = await bundle.generate({ format: "esm", minify: compress })
  await bundle.close()
  const code = takeGlobals(output[0].code)
  return minify ? (await squeeze(code, terserOptions)).code : code
}

/** None of our getters does anything, and none of the globals that we took is changed. */
const terserOptions = {
  ecma: 2022,
  compress: { passes: 3, sequences: false, pure_getters: true, unsafe_arrows: true, unsafe_methods: true },
}

/**
 * What the script uses of the page is taken once, at load: later an input may
 * declare an `Object` or a `Promise` of its own, and the page may replace its.
 * @param {string} code
 */
function takeGlobals(code) {
  const { references } = findNames(parse(`(() => {${code}})()`), true)
  const names = new Set(references.map(({ name }) => name))
  for (const constant of ["globalThis", "undefined", "NaN", "Infinity"]) names.delete(constant)
  return `(globalThis => {\nconst { ${[...names].sort().join(", ")} } = globalThis;\n${code}})(globalThis);\n`
}
