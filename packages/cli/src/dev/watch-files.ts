import { type FSWatcher, lstatSync, readdirSync, watch } from "node:fs";
import { join, relative } from "node:path";

const QUIET_MS = 150;
const IGNORED = /^(node_modules|\..*)$|~$|\.(log|sqlite|db)$/;
/** Files of more directories are not watched. */
const DIRECTORIES_MAX = 2_000;

/**
 * Tells once that files of a directory have changed, when nothing has for a moment. Hidden files, packages, logs and databases do not count.
 * Each directory is watched by itself: a recursive watch would be one of every file of every package.
 *
 * @returns ends it
 */
export function watchFiles(root: string, onChange: (files: readonly string[]) => void): () => void {
  const watchers = new Map<string, FSWatcher>();
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  const tell = () => {
    const files = [...changed];
    changed.clear();
    onChange(files);
  };
  const add = (directory: string) => {
    if (watchers.has(directory) || watchers.size === DIRECTORIES_MAX) return;
    try {
      const watcher = watch(directory, (_event, file) => {
        if (file === null || IGNORED.test(file)) return;
        const path = join(directory, file);
        if (isDirectory(path)) add(path);
        changed.add(relative(root, path));
        clearTimeout(timer);
        timer = setTimeout(tell, QUIET_MS);
      });
      const forget = () => {
        watcher.close();
        watchers.delete(directory);
      };
      watchers.set(directory, watcher.on("error", forget));
      for (const entry of readdirSync(directory, { withFileTypes: true })) {
        if (entry.isDirectory() && !IGNORED.test(entry.name)) add(join(directory, entry.name));
      }
    } catch {
      // It is gone already, or nobody may look into it.
    }
  };

  add(root);
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers.values()) watcher.close();
  };
}

const isDirectory = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
