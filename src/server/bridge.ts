import type { FromFrontEnd, RuntimeInfo } from "../protocol/index.ts"

/** All have defaults; they are validated before the port is bound [L35]. */
export interface BridgeOptions {
  /** 0 lets the system choose. @defaultValue 9001 */
  readonly port?: number
  /** @defaultValue "127.0.0.1": loopback, both families */
  readonly host?: string
  /** Exact origins, beside those on loopback names, whose pages may connect. */
  readonly allowOrigins?: readonly string[]
  /** Host names, beside the loopback names, under which the bridge may be addressed. */
  readonly allowHosts?: readonly string[]
  /** What front ends must present. @defaultValue random, 256 bits */
  readonly token?: string
  /** In milliseconds; 0 switches it off. @defaultValue 15000 */
  readonly heartbeatMs?: number
  /** How long an eval waits for a session that is away, in milliseconds. @defaultValue 60000 */
  readonly graceMs?: number
  /** The number of clients is unknown here: see `server/index.ts` for the rest as it grows. */
  readonly version?: string
}

/** A front end's way in, in the bridge's own process: frames both ways, always open. */
export interface FrontEndChannel {
  send(frame: string): void
  close(): void
}

export interface Bridge {
  readonly url: string
  readonly port: number
  readonly token: string
  /** Random for each start. */
  readonly instance: string
  readonly runtimes: readonly RuntimeInfo[]
  openChannel(receive: (frame: string) => void): FrontEndChannel
  /** Announces itself as restarting, closes all sockets with 1012 and frees the port. Twice is fine. */
  stop(): Promise<void>
}

export type { FromFrontEnd }
export declare function startBridge(options?: BridgeOptions): Promise<Bridge>
