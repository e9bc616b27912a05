const loopback = /^\w+:\/\/(localhost|[\w.-]+\.localhost|127(\.\d+){3}|\[::1\])(:\d+)?(\/|$)/i

/** Whether the host in a URL always means this machine. */
export function isLoopback(url: string): boolean {
  return loopback.test(url)
}
