import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { CliError } from "../cli-error.ts";

/** A gateway, and the key that is used there. */
export interface Profile {
  server: string;
  api_key: string;
}

/** What `profiles.json` holds. */
export interface Profiles {
  /** The one that is used where none is named. */
  current: string | null;
  profiles: Record<string, Profile>;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const FILE_BYTES_MAX = 1_048_576;
const OWN_DIRECTORY = "Set XDG_CONFIG_HOME to a directory of your own";

/** @throws {@link CliError} usage */
export function demandProfileName(name: string): void {
  if (NAME.test(name)) return;
  throw new CliError("invalid_profile", `"${name}" cannot be the name of a profile`, {
    hint: "Use up to 64 letters, digits, dots, hyphens and underscores",
    exitCode: 2,
  });
}

/**
 * The file of the profiles: for its owner alone (0600, in a directory of 0700), and replaced as a whole, so that nobody ever reads half of it.
 */
export class ProfileStore {
  readonly path: string | undefined;

  /** @param path none where nothing can be kept */
  constructor(path: string | undefined) {
    this.path = path;
  }

  /** @throws {@link CliError} when the file is there and cannot be used */
  read(): Profiles {
    if (this.path === undefined) return { current: null, profiles: {} };
    let text: string;
    try {
      if (statSync(this.path).size > FILE_BYTES_MAX) throw this.#unusable("it is larger than 1 MiB");
      text = readFileSync(this.path, "utf8");
    } catch (error) {
      if (error instanceof CliError) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "ENOTDIR") return { current: null, profiles: {} };
      throw this.#unusable(message);
    }
    return this.#parse(text);
  }

  /** @throws {@link CliError} when it cannot be kept */
  write(profiles: Profiles): void {
    if (this.path === undefined) {
      throw new CliError("profiles_not_written", "This user has no home directory to keep profiles in", {
        hint: OWN_DIRECTORY,
      });
    }
    const directory = dirname(this.path);
    const written = `${this.path}.${process.pid}`;
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      writeFileSync(written, `${JSON.stringify(profiles, null, 2)}\n`, { mode: 0o600 });
      // Whatever was there under that name, and whatever the umask is.
      chmodSync(written, 0o600);
      renameSync(written, this.path);
    } catch (error) {
      rmSync(written, { force: true });
      throw new CliError("profiles_not_written", `Cannot write ${this.path}: ${(error as Error).message}`, {
        hint: OWN_DIRECTORY,
      });
    }
  }

  /** Whether others than its owner may read it; false where it is not there, or where there are no such modes. */
  isOpenToOthers(): boolean {
    if (this.path === undefined || process.platform === "win32") return false;
    try {
      return (statSync(this.path).mode & 0o077) !== 0;
    } catch {
      return false;
    }
  }

  #parse(text: string): Profiles {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw this.#unusable((error as Error).message);
    }
    const { current = null, profiles } = Object(value) as Partial<Profiles>;
    if (!isRecord(profiles) || !(current === null || typeof current === "string")) {
      throw this.#unusable("it holds no profiles");
    }
    const kept = new Map(Object.entries(profiles));
    for (const [name, one] of kept) {
      if (typeof one?.server !== "string" || typeof one.api_key !== "string") {
        throw this.#unusable(`its profile "${name}" has no server or no api_key`);
      }
    }
    return { current: current !== null && kept.has(current) ? current : null, profiles: Object.fromEntries(kept) };
  }

  #unusable(reason: string): CliError {
    return new CliError("profiles_unusable", `${this.path} cannot be used: ${reason}`, {
      hint: "Correct it, or remove it and log in again: agentgate login",
    });
  }
}

const isRecord = (value: unknown): value is Record<string, Profile> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The profile that takes the place of one that is forgotten: the only one that is left, if it is. */
export const nextCurrent = (profiles: Profiles["profiles"]): string | null => {
  const [only, ...others] = Object.keys(profiles);
  return others.length === 0 ? (only ?? null) : null;
};
