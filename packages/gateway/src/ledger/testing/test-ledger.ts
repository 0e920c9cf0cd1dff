import { type Clock, silentLog, systemClock, systemRandom } from "../../runtime/index.ts";
import type { EngineName, Storage } from "../../storage/index.ts";
import { createTestStorage, type TestStorage } from "../../storage/testing/index.ts";
import { Ledger } from "../ledger.ts";

export interface TestLedger {
  readonly ledger: Ledger;
  readonly fixture: TestStorage;
  /** Opens the books once more, as another node or a later life would. Closed by `remove`. */
  open(options?: { storage?: Storage; clock?: Clock }): Promise<Ledger>;
  remove(): Promise<void>;
}

/** A ledger with empty books in a database of its own. */
export async function createTestLedger(engine: EngineName, clock: Clock = systemClock): Promise<TestLedger> {
  const fixture = await createTestStorage(engine, { clock });
  const opened: Ledger[] = [];
  const open: TestLedger["open"] = async (options = {}) => {
    const ledger = await Ledger.open({
      ...{ storage: fixture.storage, clock, ...options },
      ...{ random: systemRandom, log: silentLog },
    });
    opened.push(ledger);
    return ledger;
  };
  return {
    ledger: await open(),
    fixture,
    open,
    async remove() {
      await Promise.all(opened.map((ledger) => ledger.close()));
      await fixture.remove();
    },
  };
}
