import { type Clock, silentLog, systemClock } from "../../runtime/index.ts";
import type { EngineName } from "../engine.ts";
import { openStorage, type Storage } from "../storage.ts";
import { createDatabase, type Location } from "./fresh-databases.ts";

export interface TestStorage {
  readonly storage: Storage;
  readonly location: Location;
  /** Opens the same database once more, as another node would. Closed by `remove`. */
  open(options?: { clock?: Clock }): Promise<Storage>;
  /** Closes every storage and drops the database. */
  remove(): Promise<void>;
}

/** A storage on a fresh database of its own. */
export async function createTestStorage(
  engine: EngineName,
  { clock = systemClock }: { clock?: Clock } = {},
): Promise<TestStorage> {
  const database = await createDatabase(engine);
  const opened: Storage[] = [];
  const open = async (options: { clock?: Clock } = {}) => {
    const storage = await openStorage({ ...database.location, clock: options.clock ?? clock, log: silentLog });
    opened.push(storage);
    return storage;
  };
  return {
    storage: await open(),
    location: database.location,
    open,
    async remove() {
      await Promise.all(opened.map((storage) => storage.close()));
      await database.remove();
    },
  };
}
