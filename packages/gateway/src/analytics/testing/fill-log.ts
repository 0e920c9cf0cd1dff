import { type CallEntry, CallLogStore } from "../../call-log/index.ts";
import { callEntry } from "../../call-log/testing/index.ts";
import type { Storage } from "../../storage/index.ts";
import { testWebhooks } from "../../webhooks/testing/index.ts";

export const idOf = (n: number): string => `00000000-0000-4000-8000-${`${n}`.padStart(12, "0")}`;

/** Writes calls number `from` to `to`, that not included, as the gateway does; each a second after the one before. */
export async function fillLog(
  storage: Storage,
  from: number,
  to: number,
  {
    startMs = Date.UTC(2026, 10, 29, 23, 55),
    fields = () => ({}),
  }: { startMs?: number; fields?: (n: number) => Partial<CallEntry> } = {},
): Promise<string[]> {
  const store = new CallLogStore(storage, testWebhooks(storage).announcer);
  const entries = Array.from({ length: to - from }, (_, at) =>
    callEntry({ id: idOf(from + at), createdAt: BigInt(startMs + (from + at) * 1_000) * 1000n, ...fields(from + at) }),
  );
  for (let at = 0; at < entries.length; at += 500) await store.write(entries.slice(at, at + 500));
  return entries.map(({ id }) => id);
}
