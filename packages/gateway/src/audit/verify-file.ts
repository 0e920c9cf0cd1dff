import type { AuditReport } from "@agentgate/protocol";
import { digestOf, GENESIS, linkHash } from "./chain.ts";
import { type AuditEntry, wireAuditEntry } from "./entry.ts";

const PROBLEMS_MAX = 100;

/**
 * Verifies what was written out of an audit log, without its gateway: that each row is the one that its link was put on, and that the links
 * follow each other. Lines may be out of order by what was written at the same time; memory grows with that alone.
 *
 * @param lines of `format=ndjson`, as the admin gets them
 * @param isPart whether rows were left out on purpose: then gaps in the chain are none
 */
export async function verifyAuditLines(lines: AsyncIterable<string>, { isPart = false } = {}): Promise<AuditReport> {
  const problems: AuditReport["problems"] = [];
  const report = (id: string | null, seq: number | null, message: string) => {
    if (problems.length < PROBLEMS_MAX) problems.push({ seq, id, message });
  };
  /** Hashes of links that nothing has followed yet, and what links follow that were not there yet. */
  const ends = new Map<number, string>();
  const starts = new Map<number, string>();
  let rows = 0;
  let waiting = 0;
  let number = 0;
  for await (const line of lines) {
    number++;
    if (line === "") continue;
    const entry = entryIn(line);
    if (!entry?.chain) {
      if (entry && entry.chain === null) waiting++;
      else report(null, null, `line ${number} is no entry of the audit log as the admin sees it`);
      continue;
    }
    rows++;
    const { seq, prev, hash } = entry.chain;
    if (linkHash(prev, { seq, id: entry.id, digest: digestOf(entry) }) !== hash) {
      report(entry.id, seq, "the row was changed, or its link");
    }
    if (ends.has(seq) || starts.has(seq)) report(entry.id, seq, "the link is there twice");
    const before = ends.get(seq - 1);
    if (before === undefined) starts.set(seq, prev);
    else if (before !== prev) report(entry.id, seq, "the link does not follow from the one before");
    ends.delete(seq - 1);
    const after = starts.get(seq + 1);
    if (after === undefined) ends.set(seq, hash);
    else if (after !== hash) report(entry.id, seq, "the next link does not follow from this one");
    starts.delete(seq + 1);
  }
  const begun = [...starts].sort(([a], [b]) => a - b);
  const ended = [...ends].sort(([a], [b]) => a - b);
  if (!isPart) {
    for (const [index, [seq]] of begun.entries()) {
      const from = (ended[index - 1]?.[0] ?? 0) + 1;
      if (index > 0)
        report(null, from, from === seq - 1 ? `row ${from} is missing` : `rows ${from} to ${seq - 1} are missing`);
    }
  }
  const [first, prev] = begun[0] ?? [1, GENESIS];
  if (first === 1 && prev !== GENESIS) report(null, 1, "the first link follows from something");
  const [seq, hash] = ended.at(-1) ?? [first - 1, prev];
  return {
    ok: problems.length === 0,
    rows,
    waiting,
    head: { seq, hash },
    anchor: { seq: first - 1, hash: prev },
    problems,
  };
}

function entryIn(line: string): AuditEntry | undefined {
  try {
    const { data } = wireAuditEntry.safeParse(JSON.parse(line));
    return data;
  } catch {
    return undefined;
  }
}
