import { KeptBytes, type OutboundBody } from "../../outbound/index.ts";

export interface LineHandler {
  /** Answers whether it wants more; while it has not answered, no further line comes. */
  onData(line: string): boolean | Promise<boolean>;
  /** Told of the bytes that have come since the last whole line. What it throws ends the reading. */
  onUnfinished(bytes: number): void;
}

const LF = 10;

/** Reads a body line by line, as it comes; a last line needs no end. */
export async function readLines(body: OutboundBody, { onData, onUnfinished }: LineHandler): Promise<void> {
  let unfinished = new KeptBytes();
  for await (const chunk of body) {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      unfinished.add(chunk.subarray(start, end));
      start = end + 1;
      if (!(await onData(unfinished.take().toString("utf8")))) return;
      unfinished = new KeptBytes();
    }
    unfinished.add(chunk.subarray(start));
    onUnfinished(unfinished.length);
    body.keeps(unfinished.capacity);
  }
  await onData(unfinished.take().toString("utf8"));
}
