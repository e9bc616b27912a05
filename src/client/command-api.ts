import type { Completion } from "./evaluator.ts"
import { stringify } from "./platform.ts"
import { define, deleteProperty, ownProperty } from "./reading.ts"

/**
 * The names that a console has beside the page's own: `$`, `$$`, `$x`, `$0`, `_`, `copy` …
 * As in DevTools an input sees those that it mentions, where the page has none
 * of that name, and they are gone when it has ended, so that the page's own
 * scripts rarely meet them. An assignment makes such a name the page's.
 */
export interface CommandApi {
  /** Makes the names that `code` mentions visible, to an eval or to be looked at. Returns a function that hides them again. */
  expose(code: string, evalId?: string): () => void
  /** From this completion on, `_` or `_error` gives its value. */
  remember(completion: Completion): void
  /** Nobody waits for this eval any more: what it asks of the user is off. */
  cancel(evalId: string): void
}

export interface CommandApiParts {
  readonly scope: typeof globalThis
  /** Sends a text to the front end that asked for this eval; false where nothing was sent. */
  readonly copy: (evalId: string, text: string) => boolean
}

/**
 * A name behind a dot is a member's, unless there are three: `[...$$("a")]`.
 * Asked for its type alone it tells of the page, as without a console.
 */
const mention =
  /(?<![\w$]|(?<!\.\.)\.|\btypeof\s+)(?:\$[$_x0]?|_|_error|copy|keys|values|dir|inspect|pick|monitorEvents|unmonitorEvents)(?![\w$])/g

const maxCopyLength = 1e6

/** What DevTools understands by these words; any other is the name of an event. */
const eventGroups: Readonly<Record<string, RegExp>> = {
  mouse: /^(mouse|(aux|dbl)?click|contextmenu|wheel)/,
  key: /^key/,
  touch: /^touch/,
  pointer: /^pointer/,
  control: /^(blur|change|focus|input|reset|resize|scroll|select|submit)$/,
}

// As they were at load, whatever the page makes of them later.
const { has } = Reflect

export function createCommandApi({ scope, copy }: CommandApiParts): CommandApi {
  const { document } = scope
  /** The names that are there now, and how many evals that run see each. */
  const shown = new Map<string, { readonly value: unknown; readonly evals: number }>()
  let last: unknown
  let lastError: unknown
  let picked: Element | undefined
  let endPick: (() => void) | undefined
  /** Of the evals that may copy, and of those that may pick, the latest one. */
  let copier = ""
  let picker = ""

  const anywhere = {
    _: () => last,
    $_: () => last,
    _error: () => lastError,
    copy: () => copyValue,
    keys: () => Object.keys,
    values: () => Object.values,
    dir: () => scope.console.dir,
    inspect: () => inspect,
    monitorEvents: () => monitor("addEventListener"),
    unmonitorEvents: () => monitor("removeEventListener"),
  }
  const inPages = {
    $: () => find,
    $$: () => findAll,
    $x: () => findByPath,
    $0: () => picked,
    pick: () => pick,
  }
  const commands: Readonly<Record<string, () => unknown>> = document ? { ...anywhere, ...inPages } : anywhere

  function isOurs(name: string, value: unknown): boolean {
    const property = ownProperty(scope, name)
    return property !== undefined && Object.is(property.value, value)
  }

  function show(name: string): boolean {
    const before = shown.get(name)
    if (!Object.hasOwn(commands, name) || (before ? !isOurs(name, before.value) : has(scope, name))) return false
    const value = commands[name]!()
    const isShown = define(scope, name, { value, writable: true, enumerable: false, configurable: true })
    if (isShown) shown.set(name, { value, evals: (before?.evals ?? 0) + 1 })
    return isShown
  }

  function hide(name: string): void {
    const { value, evals } = shown.get(name)!
    if (evals > 1) {
      shown.set(name, { value, evals: evals - 1 })
    } else {
      shown.delete(name)
      if (isOurs(name, value)) deleteProperty(scope, name)
    }
  }

  function copyValue(value: Parameters<typeof textOf>[0]): void {
    const text = textOf(value)
    if (text.length > maxCopyLength)
      throw new RangeError(`copy: ${text.length} characters are more than ${maxCopyLength}`)
    if (!copy(copier, text)) throw new Error("copy: the bridge is away, nothing was copied")
  }

  function inspect(value: unknown): unknown {
    if (document && value instanceof scope.Element) {
      picked = value
      value.scrollIntoView({ block: "nearest" })
      glow(value, 1000)
    } else {
      scope.console.dir(value)
    }
    return value
  }

  function find(selector: string, root: ParentNode = document): Element | null {
    return root.querySelector(selector)
  }

  function findAll(selector: string, root: ParentNode = document): readonly Element[] {
    return [...root.querySelectorAll(selector)]
  }

  function findByPath(path: string, root: Node = document): unknown {
    const result = document.evaluate(path, root)
    switch (result.resultType) {
      case XPathResult.NUMBER_TYPE:
        return result.numberValue
      case XPathResult.STRING_TYPE:
        return result.stringValue
      case XPathResult.BOOLEAN_TYPE:
        return result.booleanValue
    }
    const nodes: Node[] = []
    for (let node = result.iterateNext(); node; node = result.iterateNext()) nodes.push(node)
    return nodes
  }

  function tellEvent(event: Event): void {
    scope.console.log(event.type, event)
  }

  function monitor(change: "addEventListener" | "removeEventListener") {
    return (target: EventTarget, ...wishes: readonly (string | readonly string[])[]): void => {
      const known: string[] = []
      for (const key in target) if (key.startsWith("on")) known.push(key.slice(2))
      const wished = wishes.flat().flatMap((wish) => {
        const group = eventGroups[wish]
        return group ? known.filter((type) => group.test(type)) : wish
      })
      for (const type of wishes.length > 0 ? wished : known) target[change](type, tellEvent, { capture: true })
    }
  }

  /** The next element that is clicked becomes `$0`; Escape ends it without one, and so does the next `pick`. */
  function pick(): Promise<Element | undefined> {
    endPick?.()
    return new Promise((resolve) => {
      const picking = new AbortController()
      let glowing: Animation | undefined
      const on = (types: string, run: (event: Event) => void): void => {
        for (const type of types.split(" ")) {
          scope.addEventListener(type, run, { capture: true, signal: picking.signal })
        }
      }
      const end = (element?: Element): void => {
        picking.abort()
        glowing?.cancel()
        if (element) picked = element
        resolve(element)
      }
      endPick = end
      on("mouseover", (event) => {
        glowing?.cancel()
        glowing = glow(event.composedPath()[0] as Element, 1e9)
      })
      on("pointerdown pointerup mousedown mouseup", swallow)
      on("click", (event) => {
        swallow(event)
        end(event.composedPath()[0] as Element)
      })
      on("keydown", (event) => {
        if ((event as KeyboardEvent).key !== "Escape") return
        swallow(event)
        end()
      })
    })
  }

  return {
    expose(code, evalId) {
      const names = (code.match(mention) ?? []).filter((name, index, all) => all.indexOf(name) === index).filter(show)
      if (evalId && names.includes("copy")) copier = evalId
      if (evalId && names.includes("pick")) picker = evalId
      return () => names.forEach(hide)
    },

    remember(completion) {
      if (completion.kind === "value") last = completion.value
      if (completion.kind === "thrown") lastError = completion.error
    },

    cancel(evalId) {
      if (evalId === picker) endPick?.()
    },
  }
}

function swallow(event: Event): void {
  event.preventDefault()
  event.stopImmediatePropagation()
}

/** An outline that leaves the page's own styles alone. */
function glow(element: Element, duration: number): Animation {
  const outline = "2px solid magenta"
  return element.animate({ outline: [outline, outline] }, duration)
}

/** Elements as markup, other objects as JSON, which runs their getters: the user asked for it. */
function textOf(value: string | number | Partial<Element> | null): string {
  if (typeof value !== "object") return String(value)
  const markup: unknown = value?.outerHTML
  return typeof markup === "string" ? markup : stringify(value, null, 2)
}
