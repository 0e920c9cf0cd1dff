import { connect, type Socket } from "node:net";

export interface OpenStreams {
  /** How many have begun, and how many broke. */
  begun: number;
  broken: number;
  /** For each event since `listen`: milliseconds from its writing to its arrival here. */
  delaysMs: number[];
  /** Begins to take events down. */
  listen(): void;
  close(): void;
}

const AT_ONCE = 64;
/** Each loopback address has ports of its own, so that streams that end do not use up those of the next. */
const ADDRESSES = 8;

/**
 * Opens streams, a few at a time, and reads them as they come. A stream has begun with its first event; the events carry the moment of
 * their writing as `at:<nanoseconds>;`.
 */
export async function openStreams(port: number, request: Buffer, count: number): Promise<OpenStreams> {
  const sockets: Socket[] = [];
  let listening = false;
  const streams: OpenStreams = {
    begun: 0,
    broken: 0,
    delaysMs: [],
    listen() {
      listening = true;
    },
    close() {
      listening = false;
      for (const socket of sockets) socket.destroy();
    },
  };
  const open = (number: number) =>
    new Promise<void>((resolve) => {
      const socket = connect({ port, host: "127.0.0.1", localAddress: `127.0.0.${(number % ADDRESSES) + 2}` });
      let begun = false;
      sockets.push(socket);
      socket.write(request);
      socket.on("data", (chunk) => {
        const text = chunk.toString("latin1");
        if (!begun && /\ndata: /.test(text)) {
          begun = true;
          streams.begun++;
          resolve();
        }
        if (!listening) return;
        const at = /at:(\d+);/.exec(text)?.[1];
        if (at !== undefined) streams.delaysMs.push(Number(process.hrtime.bigint() - BigInt(at)) / 1e6);
      });
      socket.on("error", () => {});
      socket.on("close", () => {
        streams.broken++;
        resolve();
      });
    });
  let next = 0;
  const openOneByOne = async () => {
    while (next < count) await open(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, openOneByOne));
  return streams;
}
