import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@agentgate/testing";
import pg from "pg";
import { afterEach, beforeEach, describe, inject, test } from "vitest";
import { expectHonesty } from "./unwell-database.suite.ts";

/** Whether this user may mount a file system of its own. */
const mayMount = ((): boolean => {
  const { path, remove } = temporaryDirectory("may-mount");
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", path], { stdio: "ignore" });
    execFileSync("umount", [path]);
    return true;
  } catch {
    return false;
  } finally {
    remove();
  }
})();

describe.skipIf(!mayMount)("a small file system of its own", () => {
  let directory: ReturnType<typeof temporaryDirectory>;
  beforeEach(() => {
    directory = temporaryDirectory("small");
    chmodSync(directory.path, 0o755);
  });
  afterEach(() => {
    execFileSync("umount", ["--lazy", directory.path]);
    directory.remove();
  });
  const mount = (megabytes: number) =>
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=777`, "tmpfs", directory.path]);
  /** Leaves so much free. */
  const fill = async (bytesLeft: number) => {
    const { bavail, bsize } = statfsSync(directory.path);
    const filler = join(directory.path, "filler");
    try {
      writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - bytesLeft)));
    } catch (error) {
      // The database may have taken some of it meanwhile.
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    }
    return async () => rmSync(filler);
  };

  test.each([0, 40_960])("that is full but for %i bytes, with SQLite on it", async (bytesLeft) => {
    mount(6);
    const location = { dataDirectory: join(directory.path, "data") };
    await expectHonesty({ location, takeWrites: () => fill(bytesLeft) });
  });

  test.skipIf(!inject("postgresUrl"))("that is full, with PostgreSQL's tables on it", async () => {
    mount(48);
    const admin = new pg.Client({ connectionString: inject("postgresUrl") });
    await admin.connect();
    // The server's user is not this one.
    const { rows } = await admin.query("show data_directory");
    const { uid, gid } = statSync(rows[0].data_directory);
    chownSync(directory.path, uid, gid);
    await admin.query(`create tablespace small location '${directory.path}'`);
    await admin.query("create database on_small_disk tablespace small");
    const url = new URL(inject("postgresUrl")!);
    url.pathname = "/on_small_disk";
    const data = temporaryDirectory("data");
    try {
      const location = { dataDirectory: data.path, databaseUrl: url.href };
      await expectHonesty({ location, takeWrites: () => fill(0), isPartly: true });
    } finally {
      await admin.query("drop database on_small_disk with (force)");
      await admin.query("drop tablespace small");
      await admin.end();
      data.remove();
    }
  });
});
