import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Storage } from "../storage/index.ts";

/** Where secrets that the gateway has minted itself are kept: the current one first, then those that it took the place of. */
export interface MintedSecrets {
  /** In words. */
  readonly where: string;
  read(): Promise<string[]>;
  /** Keeps the first one. Answers what is kept: another node may have been first. */
  begin(secret: string): Promise<string[]>;
  /** Keeps these in place of those that were kept; none at all forgets the place. */
  replace(secrets: readonly string[]): Promise<void>;
}

/** Beside the embedded database, in a file that only the server's user may read. @param directory the database's, which is there */
export function secretsInFile(directory: string): MintedSecrets {
  const path = join(directory, "secret.key");
  const read = async () => {
    try {
      return linesOf(readFileSync(path, "utf8"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  };
  return {
    where: path,
    read,
    async begin(secret) {
      try {
        writeFileSync(path, secret, { mode: 0o600, flag: "wx" });
        return [secret];
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
        return read();
      }
    },
    async replace(secrets) {
      if (secrets.length === 0) return rmSync(path, { force: true });
      const next = `${path}.next`;
      writeFileSync(next, secrets.join("\n"), { mode: 0o600 });
      chmodSync(next, 0o600);
      renameSync(next, path);
    },
  };
}

const SETTING = "secret_key";

/** Where nodes share a database, in its settings, which protects backups of single tables alone. */
export function secretsInDatabase({ db }: Storage): MintedSecrets {
  const read = async () => {
    const row = await db.selectFrom("settings").select("value").where("name", "=", SETTING).executeTakeFirst();
    return linesOf(row?.value ?? "");
  };
  return {
    where: "the database's settings",
    read,
    async begin(secret) {
      await db
        .insertInto("settings")
        .values({ name: SETTING, value: secret })
        .onConflict((conflict) => conflict.column("name").doNothing())
        .execute();
      return read();
    },
    async replace(secrets) {
      const value = secrets.join("\n");
      if (value === "") await db.deleteFrom("settings").where("name", "=", SETTING).execute();
      else await db.updateTable("settings").set({ value }).where("name", "=", SETTING).execute();
    },
  };
}

const linesOf = (text: string) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
