import type { Socket } from "../link/index.ts"
import { closeCode } from "../protocol/index.ts"
import { FrontEndError } from "./errors.ts"
import { openWebSocket, type Failure } from "./web-socket.ts"

/** A bridge as a front end dials it. */
export interface Address {
  /** Without a path. */
  readonly url: string
  readonly token: string | undefined
}

export interface Dialler {
  /** Looks where the bridge is now. */
  readonly url: () => string
  readonly openSocket: (url: string) => Socket
  /** That of the last dial. */
  readonly address: Address | undefined
  /** Why the last dial failed, if it did. */
  readonly problem: FrontEndError | undefined
}

/** Lost, and worth another dial. */
const abnormalClosure = 1006

/**
 * Dials a bridge wherever `find` sees it at that moment [L10]. A token that is
 * refused once may belong to the bridge before: the one that is there now has
 * perhaps not left its record yet. Refused twice, it is final. Who has no token
 * at all has met somebody else's bridge, and the own one may come at any time.
 */
export function createDialler(find: () => Address, open = openWebSocket): Dialler {
  let address: Address | undefined
  let refused: string | undefined
  let problem: FrontEndError | undefined

  const failed = ({ status, reason }: Failure, { url, token }: Address): number => {
    problem = explain(url, token, status, reason)
    switch (status) {
      case 401: {
        const isFinal = token !== undefined && token === refused
        refused = token
        return isFinal ? closeCode.unauthorized : abnormalClosure
      }
      case 403:
        return closeCode.forbidden
      case 429:
      case 503:
        return closeCode.tryAgainLater
      default:
        return abnormalClosure
    }
  }

  return {
    url() {
      problem = undefined
      address = find()
      return `${address.url.replace(/^http/, "ws")}/frontend`
    },
    openSocket(url) {
      const dialled = address!
      try {
        return open(url, dialled.token, (failure) => failed(failure, dialled))
      } catch (error) {
        problem = new FrontEndError("no-bridge", `cannot dial ${url}: ${(error as Error).message}`)
        throw error
      }
    },
    get address() {
      return address
    },
    get problem() {
      return problem
    },
  }
}

function explain(url: string, token: string | undefined, status: number | undefined, reason: string): FrontEndError {
  switch (status) {
    case undefined:
      return new FrontEndError("no-bridge", `no bridge at ${url} (${reason}): start one with "repl-bridge serve"`)
    case 401:
      return new FrontEndError(
        "not-allowed",
        token === undefined
          ? `the bridge at ${url} has left no token for you: it belongs to another user, or it is just starting`
          : `the bridge at ${url} does not take the token in its discovery file: start it again`,
      )
    case 403:
      return new FrontEndError("not-allowed", `the bridge at ${url} does not let us in: ${reason}`)
    case 429:
    case 503:
      return new FrontEndError("not-allowed", `the bridge at ${url} is busy: ${reason}`)
    default:
      return new FrontEndError(
        "no-bridge",
        `what answers at ${url} is no bridge (HTTP ${status}): name another with --port or --url`,
      )
  }
}
