/** Parts of a name, of which the third may be left out of account where the first two say enough. */
interface Names<Entry, Record> {
  entry(entry: Entry): readonly string[];
  record(record: Record): readonly string[];
}

interface Matched<Entry, Record> {
  /** Each entry, and what it is in the gateway now; undefined of what is not there yet. */
  pairs: [entry: Entry, current: Record | undefined][];
  /** What no entry is about. */
  left: Record[];
}

const PARTS_MIN = 2;
const keyOf = (parts: readonly string[]) => JSON.stringify(parts);
const spoken = (parts: readonly string[]) => parts.filter(Boolean).join(", ");

/**
 * Finds what each entry is about: by its id, else by its name. Of several with one name, the version tells them apart.
 * @param problems gains what cannot be told apart
 */
export const matcher =
  (problems: string[]) =>
  <Entry extends { id?: string }, Record extends { id: string }>(
    noun: string,
    entries: readonly Entry[],
    records: readonly Record[],
    names: Names<Entry, Record>,
  ): Matched<Entry, Record> => {
    const free = new Map(records.map((record) => [record.id, record]));
    const found = new Map<Entry, Record>();
    const take = (entry: Entry, record: Record) => {
      found.set(entry, record);
      free.delete(record.id);
    };
    for (const entry of entries) {
      const record = entry.id === undefined ? undefined : free.get(entry.id);
      if (record) take(entry, record);
    }
    const open = () => entries.filter((entry) => !found.has(entry));
    const parts = entries[0] ? names.entry(entries[0]).length : 0;
    // The whole name first: what it tells apart needs no more telling.
    for (let length = parts; length >= Math.min(parts, PARTS_MIN) && length > 0; length--) {
      const recordsOf = Map.groupBy(free.values(), (record) => keyOf(names.record(record).slice(0, length)));
      const entriesOf = Map.groupBy(open(), (entry) => keyOf(names.entry(entry).slice(0, length)));
      for (const [key, [entry, ...rivals]] of entriesOf) {
        const [record, ...alike] = recordsOf.get(key) ?? [];
        if (entry && record && rivals.length + alike.length === 0) take(entry, record);
      }
    }
    const left = Map.groupBy(free.values(), (record) => keyOf(names.record(record)));
    const seen = new Set<string>();
    for (const entry of entries) {
      const name = names.entry(entry);
      const key = keyOf(name);
      if (entry.id === undefined && seen.has(key)) problems.push(`${noun} ${spoken(name)} stands in the file twice`);
      seen.add(key);
      const count = left.get(key)?.length ?? 0;
      if (!found.has(entry) && count > 0)
        problems.push(`${noun} ${spoken(name)} is there ${count} times: say by its id which is meant`);
    }
    return { pairs: entries.map((entry) => [entry, found.get(entry)]), left: [...free.values()] };
  };
