import { readFileSync } from "node:fs";

/** A request as a client sent it. */
export interface RecordedRequest {
  name: string;
  method: string;
  /** The request's bytes, as Latin-1 text. */
  text: string;
}

/**
 * Reads `tests/fixtures/clients/*.http`: what real clients sent to a socket, each under its name after `### `. Only the line
 * ends of the heads are stored as LF.
 */
export function recordedRequests(client: string): RecordedRequest[] {
  const file = readFileSync(new URL(`../fixtures/clients/${client}.http`, import.meta.url), "latin1");
  return file
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [, name = "", head = "", body = ""] = /^(.+)\n([\s\S]+?)\n\n([\s\S]*)\n$/.exec(section) ?? [];
      const length = Number(/^content-length: *(\d+)$/im.exec(head)?.[1] ?? 0);
      const text = `${head.replaceAll("\n", "\r\n")}\r\n\r\n${body.slice(0, length)}`;
      return { name, method: head.split(" ", 1)[0]!, text };
    });
}
