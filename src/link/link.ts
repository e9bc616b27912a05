import type { Link, LinkParts, Url } from "./options.ts"

export declare function createLink<Message extends { readonly op: string }>(
  url: Url,
  parts: LinkParts<Message>,
): Link<Message>
