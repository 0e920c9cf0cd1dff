import { type TailPosition, tailStart } from "../call-log/index.ts";

/** Where a listener is, and when it was there: what `Last-Event-ID` brings back. */
export interface ListenedTo {
  readonly position: TailPosition;
  /** Milliseconds of the wall clock. */
  readonly atMs: number;
}

const SHAPE = /^([0-9a-z]{1,13})\.([0-9a-z]{1,13}|-)\.([0-9a-f-]{36}|-)\.([0-9a-z]{1,10})$/;

/** The id of an event, or of none: the position alone. */
export function eventIdOf({ order, createdAt, id }: TailPosition, atMs: number): string {
  const [place, time] = [order.toString(36), createdAt < 0n ? "-" : createdAt.toString(36)];
  return `${place}.${time}.${id || "-"}.${Math.floor(atMs).toString(36)}`;
}

/** What such an id says; undefined for any other text. */
export function readEventId(text: string): ListenedTo | undefined {
  const [, order, createdAt, id, at] = SHAPE.exec(text) ?? [];
  if (order === undefined || createdAt === undefined || id === undefined || at === undefined) return undefined;
  const atMs = Number.parseInt(at, 36);
  if (createdAt === "-" || id === "-") return { position: tailStart(bigintOf(order)), atMs };
  return { position: { order: bigintOf(order), createdAt: bigintOf(createdAt), id }, atMs };
}

const bigintOf = (text: string): bigint => {
  let value = 0n;
  for (const digit of text) value = value * 36n + BigInt(Number.parseInt(digit, 36));
  // No larger than what databases count with: nothing is there any more.
  return value < 2n ** 62n ? value : 2n ** 62n;
};
