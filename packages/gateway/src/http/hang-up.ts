import type { FastifyReply } from "fastify";

/** Calls `listener` if the caller hangs up before its answer is sent; also one who has done so already. */
export function onHangUp({ raw }: FastifyReply, listener: () => void): void {
  if (raw.closed) listener();
  raw.on("close", () => {
    if (!raw.writableFinished) listener();
  });
}
