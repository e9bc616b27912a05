/** A way to run a text as a script of the global scope, where `let` and `function` declare real bindings. */
export interface Scripts {
  /**
   * Throws what the script throws. Returns without having run it where the
   * surroundings forbid it. `source` is what stacks will call it.
   */
  run(text: string, source: string): void
  /** Whether `import()` in such a script finds its modules from where the page, or the program, is. */
  readonly haveBase: boolean
}

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

const { apply } = Reflect

/** What these surroundings have; nothing in a module worker. */
export function findScripts(): Scripts | undefined {
  const { document, importScripts, process } = globalThis as Surroundings
  if (document) return { run: inElements(document), haveBase: true }
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

function inElements(document: Document): Scripts["run"] {
  const { addEventListener, removeEventListener, Node, Document } = window as typeof globalThis & Window
  const { appendChild, removeChild } = Node.prototype
  const { createElement } = Document.prototype
  // A strict policy lets only scripts run that carry the page's nonce, as the tag of this one does.
  const tag = (document.currentScript ?? document.querySelector("script[nonce]")) as HTMLScriptElement | null
  const nonce = tag?.nonce

  return (text, source) => {
    const script = apply(createElement, document, ["script"]) as HTMLScriptElement
    if (nonce) script.nonce = nonce
    try {
      script.text = named(text, source)
    } catch {
      // The page demands Trusted Types.
      return
    }
    let failure: { readonly error: unknown } | undefined
    const fail = (event: ErrorEvent): void => {
      // WebKit gives no error here, but its message. Chrome puts the call that ran the script before it.
      const { name = "SyntaxError", message = event.message } = (event.error ?? {}) as Partial<Error>
      failure = { error: { name, message: message.replace(/^(Uncaught )?SyntaxError: |^Failed to execute .+?: /, "") } }
      event.preventDefault()
      event.stopImmediatePropagation()
    }
    const root = document.documentElement ?? document
    addEventListener("error", fail, true)
    apply(appendChild, root, [script])
    apply(removeChild, root, [script])
    removeEventListener("error", fail, true)
    if (failure) throw failure.error
  }
}

function inBlobs(importScripts: (url: string) => void): Scripts["run"] {
  const { Blob, URL } = globalThis
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
