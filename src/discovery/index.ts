export { discoveryPath, keepSecret, readDiscovery, writeDiscovery, type Surroundings } from "./files.ts"
export { findBridge, type FindOptions, type FoundBridge } from "./find.ts"
export type { DiscoveryRecord } from "./record.ts"
