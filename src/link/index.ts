export { createLink } from "./link.ts"
export { isLoopback } from "./loopback.ts"
export { LinkError } from "./options.ts"
export type {
  BackoffOptions,
  Clock,
  Drop,
  Link,
  LinkErrorCode,
  LinkEvents,
  LinkParts,
  LinkSettings,
  LinkStateName,
  Ready,
  Scout,
  Socket,
  Url,
  Welcome,
} from "./options.ts"
