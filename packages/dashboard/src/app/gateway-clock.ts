/** What tells the time within an answer is whole seconds, and answers take time: beyond that the browser's clock is off. */
const OFF_MS = 5_000;

let aheadMs = 0;

/**
 * What the gateway says of the time with an answer.
 *
 * @param date its `Date` header
 * @param sentMs when it was asked, and then when it answered, by the browser's clock
 */
export function noteGatewayTime(date: string | null, sentMs: number, answeredMs: number): void {
  const toldMs = Date.parse(date ?? "");
  if (!Number.isFinite(toldMs)) return;
  const ahead = toldMs + 500 - (sentMs + answeredMs) / 2;
  aheadMs = Math.abs(ahead) > OFF_MS + (answeredMs - sentMs) ? Math.round(ahead) : 0;
}

/** The time by the gateway's clock, which calls and money are written down by: a browser's may be days off. */
export const gatewayNow = (): number => Date.now() + aheadMs;
