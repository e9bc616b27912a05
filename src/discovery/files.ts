import { randomBytes } from "node:crypto"
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs"
import { homedir } from "node:os"
import { posix, win32 } from "node:path"
import { parseRecord, type DiscoveryRecord } from "./record.ts"

/** Where discovery files are looked for. @defaultValue this process's own surroundings */
export interface Surroundings {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly platform?: NodeJS.Platform
}

const maxFileBytes = 64 * 1024

/** The folder of all discovery files of this user. */
export function discoveryFolder({ env = process.env, platform = process.platform }: Surroundings = {}): string {
  const { isAbsolute, join } = platform === "win32" ? win32 : posix
  if (platform === "win32") {
    const local = env["LOCALAPPDATA"]
    return join(
      local && isAbsolute(local) ? local : join(env["USERPROFILE"] ?? homedir(), "AppData", "Local"),
      "repl-bridge",
    )
  }
  const state = env["XDG_STATE_HOME"]
  const home = env["HOME"]
  return join(
    state && isAbsolute(state) ? state : join(home && isAbsolute(home) ? home : homedir(), ".local", "state"),
    "repl-bridge",
  )
}

export function discoveryPath(port: number, surroundings: Surroundings = {}): string {
  const { join } = (surroundings.platform ?? process.platform) === "win32" ? win32 : posix
  return join(discoveryFolder(surroundings), `${port}.json`)
}

/**
 * Leaves a record for this user's front ends. Whoever writes it holds the port,
 * so a file that is there already is stale. Returns a function that removes
 * what was written, and nothing that came after it.
 */
export function writeDiscovery(record: DiscoveryRecord, surroundings: Surroundings = {}): () => void {
  makeFolder(surroundings)
  const path = discoveryPath(record.port, surroundings)
  remove(path)
  writeNew(path, `${JSON.stringify(record)}\n`)
  return () => {
    if (readRecord(path)?.token === record.token) remove(path)
  }
}

/** A random secret of this user's bridges, the same at each call: it is made at the first. */
export function keepSecret(name: string, surroundings: Surroundings = {}): string {
  const { join } = (surroundings.platform ?? process.platform) === "win32" ? win32 : posix
  const path = join(makeFolder(surroundings), name)
  const known = readOwn(path)?.trim()
  if (known !== undefined && secretForm.test(known)) return known
  const secret = randomBytes(32).toString("base64url")
  remove(path)
  writeNew(path, `${secret}\n`)
  return secret
}

const secretForm = /^[\w-]{43}$/

function makeFolder(surroundings: Surroundings): string {
  const folder = discoveryFolder(surroundings)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (!isOurFolder(folder)) throw new Error(`${folder} must be a folder of yours that others cannot write to`)
  chmodSync(folder, 0o700)
  return folder
}

/** @throws where there is something already */
function writeNew(path: string, text: string): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noFollow, 0o600)
  try {
    writeSync(file, text)
  } finally {
    closeSync(file)
  }
}

/** The record of the living bridge on this port, if there is one. A stale file is removed. */
export function readDiscovery(port: number, surroundings: Surroundings = {}): DiscoveryRecord | undefined {
  if (!isOurFolder(discoveryFolder(surroundings))) return undefined
  return readLiving(discoveryPath(port, surroundings))
}

/** The records of all living bridges of this user. Stale files are removed. */
export function listDiscovered(surroundings: Surroundings = {}): readonly DiscoveryRecord[] {
  const folder = discoveryFolder(surroundings)
  if (!isOurFolder(folder)) return []
  return readdirSync(folder)
    .filter((name) => /^\d{1,5}\.json$/.test(name))
    .map((name) => readLiving(`${folder}/${name}`))
    .filter((record) => record !== undefined)
}

function readLiving(path: string): DiscoveryRecord | undefined {
  const record = readRecord(path)
  if (record === undefined || isAlive(record.pid)) return record
  removeStale(path, record)
  return undefined
}

/** A bridge that starts at this moment may have put its own record here since ours was read: what is not stale goes back. */
function removeStale(path: string, stale: DiscoveryRecord): void {
  const aside = `${path}.${process.pid}.stale`
  try {
    renameSync(path, aside)
    if (readRecord(aside)?.token !== stale.token) linkSync(aside, path)
  } catch {
    // Somebody else was faster, in either direction.
  }
  remove(aside)
}

function readRecord(path: string): DiscoveryRecord | undefined {
  const text = readOwn(path)
  return text === undefined ? undefined : parseRecord(text)
}

/** Only a plain file that this user owns and others cannot touch is believed. */
function readOwn(path: string): string | undefined {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | noFollow | nonBlock)
  } catch {
    return undefined
  }
  try {
    const stat = fstatSync(file)
    if (!stat.isFile() || stat.size > maxFileBytes || !isOurs(stat, 0o077)) return undefined
    return readFileSync(file, "utf8")
  } finally {
    closeSync(file)
  }
}

function isOurFolder(folder: string): boolean {
  const stat = lstatSync(folder, { throwIfNoEntry: false })
  return stat !== undefined && stat.isDirectory() && isOurs(stat, 0o022)
}

/** Windows keeps other users out of this folder by itself, and has neither owner nor mode here. */
function isOurs({ uid, mode }: { readonly uid: number; readonly mode: number }, forbidden: number): boolean {
  return process.getuid === undefined || (uid === process.getuid() && (mode & forbidden) === 0)
}

/** Missing on Windows. */
const noFollow = constants.O_NOFOLLOW ?? 0
const nonBlock = constants.O_NONBLOCK ?? 0

function remove(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error
  }
}

/** A process of another user, which we may not signal, is alive too. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}
