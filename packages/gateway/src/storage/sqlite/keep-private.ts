import { chmodSync, closeSync, lstatSync, openSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../../runtime/index.ts";

/** The database, what SQLite keeps beside it, copies of it under such names, and the secret that seals. */
const OURS = /^(agentgate\.db|secret\.key)/;
const DATABASE = "agentgate.db";
const OTHERS = 0o077;

/**
 * Makes what the gateway keeps in its data directory its own user's alone, whatever the umask, also what an earlier release left open:
 * SQLite gives each file beside the database the database's permissions. Warns when others may look into the directory itself,
 * which may hold other things and stays as it is.
 */
export function keepPrivate(directory: string, log: Log): void {
  // Before SQLite makes it, which would ask the umask.
  try {
    closeSync(openSync(join(directory, DATABASE), "ax", 0o600));
  } catch {} // It is there, or cannot be made: opening it tells why.
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (!OURS.test(name) || !stat?.isFile() || (stat.mode & OTHERS) === 0) continue;
    try {
      chmodSync(path, stat.mode & 0o700);
    } catch (error) {
      log.warn({ err: error, path }, "a file that others can read could not be closed to them");
    }
  }
  const { mode } = statSync(directory);
  // Only to pass through it, which users of hosted agents have to, tells nobody what is in it.
  if (process.platform !== "win32" && (mode & OTHERS & ~0o011) !== 0) {
    log.warn(
      { directory, mode: (mode & 0o777).toString(8) },
      "others may look into the data directory; chmod 700 closes it",
    );
  }
}
