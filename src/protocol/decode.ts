import { wrongField, type Shape } from "./fields.ts"
import { FrameError, readFrame, type RawMessage } from "./frame.ts"
import {
  fromFrontEnd,
  fromRuntime,
  toFrontEnd,
  toRuntime,
  type FromFrontEnd,
  type FromRuntime,
  type ToFrontEnd,
  type ToRuntime,
  type WithBody,
} from "./messages.ts"

/**
 * Foreign text in, known messages out; beyond this file nothing sees raw JSON.
 * Ops that are not in the table are left out of the answer: they are no-ops.
 *
 * @param look - is shown every header first, whatever its op; what it throws is thrown on
 * @throws {@link FrameError} when the frame is malformed or a known op has a field of the wrong kind
 */
export type Decode<Message> = (
  frame: string,
  look?: (header: RawMessage["header"]) => void,
) => readonly WithBody<Message>[]

function decoder<Message>(table: Readonly<Record<string, Shape>>): Decode<Message> {
  return (frame, look) => {
    const known: WithBody<Message>[] = []
    for (const { header, body } of readFrame(frame)) {
      look?.(header)
      const fields = Object.hasOwn(table, header.op) ? table[header.op] : undefined
      if (fields === undefined) continue
      const wrong = wrongField(fields, header)
      if (wrong !== undefined)
        throw new FrameError("bad-field", `${header.op}.${wrong} is missing or of the wrong kind`)
      known.push({ message: header as Message, body })
    }
    return known
  }
}

export const decodeToRuntime: Decode<ToRuntime> = /* @__PURE__ */ decoder(toRuntime)
export const decodeFromRuntime: Decode<FromRuntime> = /* @__PURE__ */ decoder(fromRuntime)
export const decodeFromFrontEnd: Decode<FromFrontEnd> = /* @__PURE__ */ decoder(fromFrontEnd)
export const decodeToFrontEnd: Decode<ToFrontEnd> = /* @__PURE__ */ decoder(toFrontEnd)
