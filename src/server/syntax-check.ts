import { Session, type InspectorNotification, type Runtime } from "node:inspector"
import { createContext } from "node:vm"
import type { CheckSyntax } from "../language/index.ts"

/**
 * Asks V8, through the inspector of this very process, in a context of its own
 * and in the mode that the console of DevTools uses. Nothing of the text runs:
 * a `throw` stands before it.
 */
export function createSyntaxCheck(): CheckSyntax {
  let session: Session | undefined
  let contextId: number | undefined

  /** Texts that V8 accepts leave their declarations behind, so that another context is needed after them. */
  function openContext(): Session {
    if (!session) {
      session = new Session()
      session.connect()
    }
    const opened = session
    const name = "syntax check"
    const remember = ({ params }: InspectorNotification<Runtime.ExecutionContextCreatedEventDataType>): void => {
      if (params.context.name === name) contextId = params.context.id
    }
    opened.on("Runtime.executionContextCreated", remember)
    opened.post("Runtime.enable")
    createContext({}, { name })
    opened.post("Runtime.disable")
    opened.off("Runtime.executionContextCreated", remember)
    return opened
  }

  return (code) => {
    const asked = contextId === undefined ? openContext() : session!
    let details: Runtime.ExceptionDetails | undefined
    // On a line of its own, so that only lines move; behind the directive, so that it stays one.
    const directive = /^(?:\s|\/\/.*|\/\*[^]*?\*\/)*(["'])use strict\1/.test(code) ? '"use strict";' : ""
    const expression = `${directive}throw 0;\n${code}`
    asked.post("Runtime.evaluate", { expression, contextId, replMode: true, silent: true } as never, (_, answer) => {
      details = (answer as Runtime.EvaluateReturnType | undefined)?.exceptionDetails
    })
    const message = /^SyntaxError: (.*)/.exec(details?.exception?.description ?? "")?.[1]
    if (!details || message === undefined) {
      contextId = undefined
      return undefined
    }
    return { message, line: Math.max(details.lineNumber, 1), column: details.columnNumber + 1 }
  }
}
