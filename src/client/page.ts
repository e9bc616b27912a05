/** What front ends are shown of a page. */
export interface Look {
  readonly url: string
  readonly title: string
  readonly visible: boolean
}

/** Why a page left: for good, into the back/forward cache, or frozen where it is. */
export type Leaving = "unload" | "cached" | "frozen"

export interface PageEvents {
  /** The look may have changed. */
  readonly changed: () => void
  /** A dial may succeed now. */
  readonly hint: () => void
  /** A socket that is open from here on loses what is sent to it, and nobody is told [L42]. */
  readonly left: (how: Leaving) => void
  readonly returned: () => void
}

export function lookAt({ document, location }: Window): Look {
  return { url: location.href, title: document.title, visible: document.visibilityState === "visible" }
}

/** Both may be called twice. */
export interface Watch {
  start(): void
  stop(): void
}

export function watchPage(window: Window, { changed, hint, left, returned }: PageEvents): Watch {
  const listeners: Readonly<Record<string, (event: PageTransitionEvent) => void>> = {
    DOMContentLoaded: changed,
    load: changed,
    popstate: changed,
    hashchange: changed,
    online: hint,
    focus: hint,
    visibilitychange() {
      changed()
      if (lookAt(window).visible) hint()
    },
    pagehide: ({ persisted }) => left(persisted ? "cached" : "unload"),
    pageshow: ({ persisted }) => (persisted ? returned() : hint()),
    freeze: () => left("frozen"),
    resume: returned,
  }
  // Capturing, the window hears what is fired at the document, too.
  const options = { capture: true }
  return {
    start() {
      for (const type of Object.keys(listeners))
        window.addEventListener(type, listeners[type] as EventListener, options)
    },
    stop() {
      for (const type of Object.keys(listeners))
        window.removeEventListener(type, listeners[type] as EventListener, options)
    },
  }
}
