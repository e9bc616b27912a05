/** What a bridge leaves for the front ends of its user, in `<port>.json` of the state folder. */
export interface DiscoveryRecord {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** The folder the bridge was started in. */
  readonly project: string
  readonly token: string
  readonly protocol: number
  readonly version: string
  /** ISO 8601. */
  readonly startedAt: string
}
