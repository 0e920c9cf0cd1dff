import type { LedgerStore } from "../store.ts";

/** The store as a node sees it that may die: before its writes are sent, nothing happens; after, it happens unheard. */
export function mortal(store: LedgerStore, life: { readonly alive: boolean }): LedgerStore {
  const never = new Promise<never>(() => {});
  const whileAlive = async <T>(work: Promise<T>): Promise<T> => {
    try {
      const value = await work;
      return life.alive ? value : never;
    } catch (error) {
      if (life.alive) throw error;
      return never;
    }
  };
  return {
    transact: (needs, decide) =>
      whileAlive(
        store.transact(needs, (loaded) => {
          if (!life.alive) throw new Error("the node is dead");
          return decide(loaded);
        }),
      ),
    look: () => whileAlive(store.look()),
    books: store.books,
  };
}
