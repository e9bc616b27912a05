import { apply } from "./reading.ts"

/** A way to run a text as a script of the global scope, where `let` and `function` declare real bindings. */
export interface Scripts {
  /**
   * Throws what the script throws, and why it cannot be had. Returns without having
   * run it where the surroundings forbid it. `source` is what stacks will call it.
   * What the bridge serves takes a promise.
   */
  run(text: string, source: string): unknown
  /** Whether `import()` in such a script finds its modules from where the page, or the program, is. */
  readonly haveBase: boolean
  /** The bridge serves them, which takes its time. */
  readonly isServed?: true
  /** They are modules: strict, and with a scope of their own. */
  readonly areModules?: true
}

/** What these surroundings have. */
export interface Ways {
  /** The best first. */
  readonly scripts: readonly Scripts[]
  /** Before `eval` is tried. */
  readonly isEvalUnwanted: boolean
  /** A text as `eval` takes it here. */
  trust(text: string): string
  /** After something was tried: resolves when it is known what the policy said. */
  settled(): Promise<void> | undefined
  /** Why none of it may run. */
  refusal(): string
}

/** Has the bridge serve a script to this page, once. Gives its URL. */
export type Serve = (text: string) => Promise<string>

interface Surroundings {
  readonly document?: Document
  readonly importScripts?: (...urls: readonly string[]) => void
  readonly process?: { getBuiltinModule?(name: string): unknown }
}

interface Vm {
  runInThisContext(
    text: string,
    options: { readonly filename: string; readonly importModuleDynamically: unknown },
  ): void
  readonly constants: { readonly USE_MAIN_CONTEXT_DEFAULT_LOADER: unknown }
}

interface TrustedTypes {
  createPolicy(name: string, rules: TrustedPolicy): TrustedPolicy
}

interface TrustedPolicy {
  createScript(text: string): string
  createScriptURL(url: string): string
}

/** A policy that forbids something says so in a task of its own. */
const policyMs = 100

const { setTimeout, Blob, URL } = globalThis

export function findWays(serve: Serve | undefined): Ways {
  const { document, importScripts, process } = globalThis as Surroundings
  return document ? inDocument(document, serve) : beside(findScripts(importScripts, process))
}

/** Where there is no document, and so none of its policies is heard of. */
export function beside(...scripts: readonly (Scripts | undefined)[]): Ways {
  return {
    scripts: scripts.filter((some) => some !== undefined),
    isEvalUnwanted: false,
    trust: (text) => text,
    settled: () => undefined,
    refusal: () => "",
  }
}

/** Nothing in a module worker. */
function findScripts(
  importScripts: Surroundings["importScripts"],
  process: Surroundings["process"],
): Scripts | undefined {
  const vm = process?.getBuiltinModule?.("node:vm") as Vm | undefined
  if (vm) {
    return {
      run(text, filename) {
        // Node warns at each use of this, so only what imports asks for it.
        const importModuleDynamically = text.includes("import")
          ? vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER
          : undefined
        vm.runInThisContext(text, { filename, importModuleDynamically })
      },
      haveBase: true,
    }
  }
  try {
    // Nothing, which a module worker refuses.
    importScripts!()
    return { run: inBlobs(importScripts!), haveBase: false }
  } catch {
    return undefined
  }
}

/** What an engine calls a text that has no file. */
export function named(text: string, source: string): string {
  return `${text}\n//# sourceURL=${source}`
}

/**
 * Script elements with the text in them, then such that load it from the bridge,
 * then modules from there, which Trusted Types do not cover.
 */
function inDocument(document: Document, serve: Serve | undefined): Ways {
  const { addEventListener, Node, Document, trustedTypes } = window as typeof globalThis &
    Window & { readonly trustedTypes?: TrustedTypes }
  const { appendChild, removeChild } = Node.prototype
  const { createElement } = Document.prototype
  // A strict policy lets only scripts run that carry the page's nonce, as the tag of this one does.
  const nonce = document.currentScript?.nonce || document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce
  let policy: TrustedPolicy | null | undefined
  /** What the page's policy last said to a script. */
  let breach: SecurityPolicyViolationEvent | undefined
  let bridge = ""

  addEventListener(
    "securitypolicyviolation",
    (event) => {
      if (event.disposition === "enforce" && /^script|trusted/.test(event.effectiveDirective)) breach = event
    },
    true,
  )

  /** Asks for a policy not before it is needed: where the page allows none of ours, its console says so. */
  function trust(text: string, rule: keyof TrustedPolicy = "createScript"): string {
    if (policy === undefined) {
      const same = (given: string): string => given
      try {
        policy = trustedTypes!.createPolicy("repl-bridge", { createScript: same, createScriptURL: same })
      } catch {
        policy = null
      }
    }
    return policy ? policy[rule](text) : text
  }

  const create = (): HTMLScriptElement => apply(createElement, document, ["script"]) as HTMLScriptElement

  function append(script: HTMLScriptElement): () => void {
    const root = document.documentElement ?? document
    apply(appendChild, root, [script])
    return () => void apply(removeChild, root, [script])
  }

  /** Of the script that runs now. */
  let isOurs: ((event: ErrorEvent) => boolean) | undefined
  let failure: { readonly error: unknown } | undefined

  function hearFailure(event: ErrorEvent): void {
    if (!isOurs?.(event)) return
    // WebKit gives no error here, but its message. Chrome puts the call that ran the script before it.
    const { name = "SyntaxError", message = event.message } = (event.error ?? {}) as Partial<Error>
    failure = { error: { name, message: message.replace(/^(Uncaught )?SyntaxError: |^Failed to execute .+?: /, "") } }
    event.preventDefault()
    event.stopImmediatePropagation()
  }

  /** Listens, if it does not yet: from the load on, before all who must not hear of it. `document.open` takes listeners away. */
  const listen = (): void => addEventListener("error", hearFailure, true)
  listen()

  /** Hears how a script fails. The function that ends it throws that. */
  function catchFailure(isOf: (event: ErrorEvent) => boolean): () => void {
    listen()
    isOurs = isOf
    failure = undefined
    return () => {
      isOurs = undefined
      if (failure) throw failure.error
    }
  }

  function runInline(text: string, source: string): void {
    // To try what is known to be forbidden would only be noise in the page's console.
    if (!nonce && breach && !breach.originalPolicy.includes("'unsafe-inline'")) return
    const script = create()
    if (nonce) script.nonce = nonce
    try {
      script.text = trust(named(text, source))
    } catch {
      // The page demands Trusted Types.
      return
    }
    const end = catchFailure(() => true)
    append(script)()
    end()
  }

  function loadElement(url: string): Promise<unknown> {
    const script = create()
    // Else all errors were "Script error.", and the bridge could not tell who asks.
    script.crossOrigin = ""
    script.src = trust(url, "createScriptURL")
    return new Promise((resolve, reject) => {
      const remove = append(script)
      script.onload = () => resolve(remove())
      script.onerror = () => reject(remove())
    })
  }

  async function runServed(
    text: string,
    source: string,
    load: (url: string) => Promise<unknown>,
    isRetry = false,
  ): Promise<void> {
    const url = await serve!(named(text, source))
    bridge = new URL(url).origin
    breach = undefined
    const end = catchFailure(({ filename }) => filename === url || filename === source)
    try {
      await load(url)
    } catch (error) {
      await settled()
      if (breach) return
      // What the bridge was to serve may be lost with it. Nothing of it ran.
      if (!error && !isRetry) return runServed(text, source, load, true)
      throw error ?? new Error(`${url} does not load`)
    } finally {
      end()
    }
  }

  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, policyMs))

  const inline: Scripts = { run: runInline, haveBase: true }
  const served = (load: (url: string) => Promise<unknown>): Scripts => ({
    run: (text, source) => runServed(text, source, load),
    haveBase: false,
    isServed: true,
  })

  return {
    scripts: serve
      ? [inline, served(loadElement), { ...served((url) => import(/* @vite-ignore */ url)), areModules: true }]
      : [inline],
    isEvalUnwanted: !!nonce,
    trust,
    settled,
    refusal() {
      if (!breach) return ""
      const { blockedURI, effectiveDirective, originalPolicy } = breach
      const directive = /script-src(?:-elem)?/.exec(originalPolicy)?.[0] ?? "default-src"
      return `: its ${effectiveDirective} blocks ${blockedURI}; in development add ${bridge} to ${directive}`
    },
  }
}

function inBlobs(importScripts: (url: string) => void): Scripts["run"] {
  return (text, source) => {
    const url = URL.createObjectURL(new Blob([named(text, source)]))
    try {
      importScripts(url)
    } catch (error) {
      // What the policy forbids is, to a worker, not to be had.
      if ((error as Error).name !== "NetworkError") throw error
    } finally {
      URL.revokeObjectURL(url)
    }
  }
}
