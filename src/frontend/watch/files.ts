import type { Selection } from "./match.ts"

export interface Watching {
  close(): Promise<void>
}

/** Resolves once it watches; calls `changed` for every selected file that is made, written or removed from then on. */
export async function watchFiles(
  { folders, includes, mayHold }: Selection,
  changed: (file: string) => void,
  failed: (error: Error) => void,
): Promise<Watching> {
  const { watch } = await import("chokidar")
  const watcher = watch([...folders], {
    ignoreInitial: true,
    // A link may lead out of the folder.
    followSymlinks: false,
    ignored: (path, stats) => (stats?.isDirectory() ?? false) && !mayHold(path),
  })
  watcher.on("all", (event, path) => {
    if ((event === "add" || event === "change" || event === "unlink") && includes(path)) changed(path)
  })
  watcher.on("error", (error) => failed(error as Error))
  await new Promise<void>((ready) => watcher.once("ready", ready))
  return watcher
}
