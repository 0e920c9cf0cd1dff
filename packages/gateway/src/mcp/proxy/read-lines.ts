import { KeptBytes, type OutboundBody } from "../../outbound/index.ts";

export interface LineHandler {
  /** Answers whether it wants more; while it has not answered, no further line comes. */
  onData(line: string): boolean | Promise<boolean>;
  /** Told of the bytes that have come since the last whole line. What it throws ends the reading. */
  onUnfinished(bytes: number): void;
}

const LF = 10;

/** Reads a body line by line, as it comes; a last line needs no end, and an empty one is none. */
export function readLines(body: OutboundBody, { onData, onUnfinished }: LineHandler): Promise<void> {
  let unfinished: KeptBytes | undefined;
  const begun = () => {
    const line = unfinished?.take().toString("utf8") ?? "";
    unfinished = undefined;
    return line;
  };
  /** What can be told at once is not waited for: a chunk may have thousands of lines. */
  const passOn = (chunk: Buffer, from: number): boolean | Promise<boolean> => {
    let start = from;
    for (let end = chunk.indexOf(LF, start); end !== -1; end = chunk.indexOf(LF, start)) {
      unfinished?.add(chunk.subarray(start, end));
      const line = unfinished ? begun() : chunk.toString("utf8", start, end);
      start = end + 1;
      if (line === "") continue;
      const wanted = onData(line);
      if (wanted === false) return false;
      if (wanted !== true) return wanted.then((more) => more && passOn(chunk, start));
    }
    if (start < chunk.length) {
      unfinished ??= new KeptBytes();
      unfinished.add(chunk.subarray(start));
      onUnfinished(unfinished.length);
    }
    body.keeps(unfinished?.capacity ?? 0);
    return true;
  };
  let isEnough = false;
  const noted = (more: boolean) => {
    isEnough = !more;
    return more;
  };
  const whole = body.read((chunk) => {
    const wanted = passOn(chunk, 0);
    return wanted instanceof Promise ? wanted.then(noted) : noted(wanted);
  });
  return whole.then(async () => {
    const last = begun();
    if (!isEnough && last !== "") await onData(last);
  });
}
