import type { ChildProcess } from "node:child_process"

export interface RpcMessage {
  readonly jsonrpc?: string
  readonly id?: number | string | null
  readonly method?: string
  readonly params?: any
  readonly result?: any
  readonly error?: { readonly code: number; readonly message: string; readonly data?: any }
}

/** An editor's end of a language server, no more than that: what it hears is what was said. */
export class EditorClient {
  readonly heard: RpcMessage[] = []
  readonly child: ChildProcess
  readonly ended: Promise<number | null>
  /** What the person answers when the server asks. */
  answer: (request: RpcMessage) => unknown = () => null
  complaints = ""
  readonly #untaken: RpcMessage[] = []
  readonly #waiting = new Set<() => void>()
  #bytes = Buffer.alloc(0)
  #asked = 0

  constructor(child: ChildProcess) {
    this.child = child
    child.stdout!.on("data", (bytes: Buffer) => this.#read(bytes))
    child.stderr!.setEncoding("utf8").on("data", (text: string) => (this.complaints += text))
    this.ended = new Promise((ended) => child.once("close", ended))
  }

  send(message: RpcMessage): void {
    const text = JSON.stringify({ jsonrpc: "2.0", ...message })
    this.child.stdin!.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
  }

  notify(method: string, params: unknown = {}): void {
    this.send({ method, params })
  }

  /** The whole answer, its error included. */
  ask(method: string, params: unknown = {}): Promise<RpcMessage> {
    const id = ++this.#asked
    this.send({ id, method, params })
    return this.hear((message) => message.id === id && message.method === undefined)
  }

  async request(method: string, params?: unknown): Promise<any> {
    const { result, error } = await this.ask(method, params)
    if (error !== undefined) throw new Error(`${method}: ${error.code} ${error.message}`)
    return result
  }

  /** The params of the first notification, past or to come, that fits and that no call before has taken. */
  async told(method: string, fits: (params: any) => boolean = () => true): Promise<any> {
    const { params } = await this.hear((message) => message.method === method && fits(message.params))
    return params
  }

  hear(fits: (message: RpcMessage) => boolean): Promise<RpcMessage> {
    return new Promise((found, failed) => {
      const look = (): void => {
        const at = this.#untaken.findIndex(fits)
        if (at < 0) return
        this.#waiting.delete(look)
        found(this.#untaken.splice(at, 1)[0]!)
      }
      this.#waiting.add(look)
      look()
      void this.ended.then((code) => failed(new Error(`the server ended with ${code}: ${this.complaints}`)))
    })
  }

  async initialize(more: Readonly<Record<string, unknown>> = {}): Promise<any> {
    const result = await this.request("initialize", { processId: null, rootUri: null, capabilities: {}, ...more })
    this.notify("initialized")
    return result
  }

  #read(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    for (;;) {
      const end = this.#bytes.indexOf("\r\n\r\n")
      if (end < 0) return
      const length = Number(/Content-Length: (\d+)/.exec(this.#bytes.subarray(0, end).toString())![1])
      if (this.#bytes.length < end + 4 + length) return
      const text = this.#bytes.subarray(end + 4, end + 4 + length).toString()
      this.#bytes = this.#bytes.subarray(end + 4 + length)
      this.#take(JSON.parse(text) as RpcMessage)
    }
  }

  #take(message: RpcMessage): void {
    this.heard.push(message)
    this.#untaken.push(message)
    const { id, method } = message
    if (id !== undefined && method !== undefined) this.send({ id, result: this.answer(message) })
    for (const look of this.#waiting) look()
  }
}
