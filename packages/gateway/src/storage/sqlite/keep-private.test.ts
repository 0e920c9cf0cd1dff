import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@agentgate/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { silentLog, systemClock } from "../../runtime/index.ts";
import { openStorage } from "../storage.ts";

let place: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  place = temporaryDirectory("private");
});
afterEach(() => place.remove());

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
const open = async (dataDirectory: string) => {
  const warn = vi.fn();
  const storage = await openStorage({ dataDirectory, clock: systemClock, log: { ...silentLog, warn } });
  await storage.check();
  const files = readdirSync(dataDirectory).filter((name) => name.startsWith("agentgate.db"));
  const modes = Object.fromEntries(files.map((name) => [name, modeOf(join(dataDirectory, name))]));
  await storage.close();
  return { modes, warnings: warn.mock.calls.map(([, message]) => message) };
};
const closed = { "agentgate.db": "600", "agentgate.db-shm": "600", "agentgate.db-wal": "600" };

// The umask is the process's, which a test's worker may share with others: permissions are opened by hand instead.
test("a new directory and all that lies in it are their owner's alone", async () => {
  const directory = join(place.path, "made");
  const { modes, warnings } = await open(directory);
  expect(modeOf(directory)).toBe("700");
  expect(modes).toEqual(closed);
  expect(warnings).toEqual([]);
});

test("what an earlier release left open is closed, what is not the gateway's is left alone", async () => {
  chmodSync(place.path, 0o755);
  await open(place.path);
  const names = ["agentgate.db", "agentgate.db.backup", "agentgate.db-journal.old", "secret.key", "mine.txt"];
  for (const name of names) {
    writeFileSync(join(place.path, name), "", { flag: "a" });
    chmodSync(join(place.path, name), 0o644);
  }
  mkdirSync(join(place.path, "agentgate.db.d"), { mode: 0o755 });
  symlinkSync(join(place.path, "mine.txt"), join(place.path, "agentgate.db.link"));
  const { modes, warnings } = await open(place.path);
  expect(modes).toMatchObject({ ...closed, "agentgate.db.backup": "600", "agentgate.db-journal.old": "600" });
  expect(modeOf(join(place.path, "secret.key"))).toBe("600");
  expect(modeOf(join(place.path, "mine.txt"))).toBe("644");
  expect(modeOf(join(place.path, "agentgate.db.d"))).toBe("755");
  expect(modeOf(place.path)).toBe("755");
  expect(warnings).toEqual([expect.stringContaining("chmod 700")]);
  chmodSync(place.path, 0o711);
  expect((await open(place.path)).warnings).toEqual([]);
});
