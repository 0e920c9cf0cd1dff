import { chmod, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";

const OTHERS_PASS = 0o001;

/** Agents are other users: they have to get to their own directories, and to Node. The data directory is opened as far as that takes. */
export async function demandPassage(directory: string): Promise<void> {
  const path = resolve(directory);
  for (const at of [path, dirname(path), dirname(dirname(path))]) {
    const { mode, uid } = await stat(at);
    if ((mode & OTHERS_PASS) === 0 && uid === 0 && at !== "/") await chmod(at, (mode & 0o777) | OTHERS_PASS);
  }
  const closed = (await closedOn(path)) ?? (await closedOn(process.execPath));
  if (closed !== undefined) {
    throw new Error(
      `AGENTGATE_DEPLOY_RUNTIME=process runs agents as users of their own, who cannot pass ${closed}. Put the data directory ` +
        "(AGENTGATE_DATA_DIR) and Node where every user may pass, such as /var/lib/agentgate, or run the gateway as another user",
    );
  }
}

/** The first directory on the way to `path` that only its owner may pass. */
async function closedOn(path: string): Promise<string | undefined> {
  for (let at = dirname(path); ; at = dirname(at)) {
    if (((await stat(at)).mode & OTHERS_PASS) === 0) return at;
    if (at === dirname(at)) return undefined;
  }
}
