import { mkdir, open, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ParquetPlace } from "./parquet-sink.ts";

/** A directory, on whatever disk is mounted there. */
export const directoryPlace = (directory: string): ParquetPlace => ({
  workshop: join(directory, ".unfinished"),
  async put(file, key) {
    const final = join(directory, key);
    await mkdir(dirname(final), { recursive: true });
    await written(file);
    await rename(file, final);
    // Its name is there for good only when the directory is written as well.
    await written(dirname(final));
  },
  describe: (error) => (error instanceof Error ? error.message : "it failed"),
  close: async () => {},
});

/** Waits until it would outlast the machine. Directories cannot be asked for that everywhere. */
async function written(path: string): Promise<void> {
  const handle = await open(path, "r").catch(() => undefined);
  await handle?.sync().catch((error: NodeJS.ErrnoException) => {
    if (!["EINVAL", "EPERM", "EISDIR", "EACCES"].includes(error.code ?? "")) throw error;
  });
  await handle?.close();
}
