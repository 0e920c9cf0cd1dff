import { hash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { FastifyReply } from "fastify";

/** Nothing from elsewhere, no inline script or style, and markup that scripts write comes through one policy of our own. */
export const POLICY_PARTS = [
  "default-src 'none'",
  ...["script", "style", "img", "font", "connect", "manifest"].map((kind) => `${kind}-src 'self'`),
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types agentgate",
];
const POLICY = POLICY_PARTS.join("; ");

/** How long a page that is the same for everybody may be kept, in seconds. */
export const PUBLIC_SECONDS = 10;

/** Most of what there is to gain, in a third of the time of the usual level. */
const COMPRESSION_LEVEL = 3;
/** Shorter ones gain nothing. */
const COMPRESSED_CHARS_MIN = 2_048;
const compress = promisify(gzip);

/** A page that is the same for everybody, ready to be sent, and sent again. */
export class WrittenPage {
  readonly text: string;
  /** Weak: who compresses it on the way may keep it. */
  readonly etag: string;
  #compressed: Promise<Buffer> | undefined;

  constructor(text: string) {
    this.text = text;
    this.etag = `W/"${hash("sha256", text, "base64url").slice(0, 27)}"`;
  }

  /** What it holds in memory at most, with what it is when compressed. */
  get bytesMax(): number {
    return this.text.length * 3;
  }

  /** Not on the way of others: other threads do it, once. */
  get compressed(): Promise<Buffer> {
    this.#compressed ??= compress(this.text, { level: COMPRESSION_LEVEL });
    return this.#compressed;
  }
}

const POLICY_HEADER = "content-security-policy";
const VARY = { vary: "Accept, Cookie, Accept-Encoding" };

/** Sends a page that is the same for everybody; not again to who has it already. */
export async function sendPublicPage(reply: FastifyReply, page: WrittenPage, policy = POLICY): Promise<FastifyReply> {
  const { headers } = reply.request;
  reply.headers({ [POLICY_HEADER]: policy, "cache-control": `public, max-age=${PUBLIC_SECONDS}`, ...VARY });
  if (reply.statusCode === 200) {
    reply.header("etag", page.etag);
    if (isKnown(headers["if-none-match"], page.etag)) return reply.code(304).send();
  }
  reply.type(HTML);
  if (page.text.length < COMPRESSED_CHARS_MIN || !takesGzip(headers["accept-encoding"])) return reply.send(page.text);
  return reply.header("content-encoding", "gzip").send(await page.compressed);
}

/** Sends a page that is for this reader alone. */
export const sendOwnPage = (reply: FastifyReply, text: string): FastifyReply =>
  reply
    .headers({ [POLICY_HEADER]: POLICY, "cache-control": "no-store", ...VARY })
    .type(HTML)
    .send(text);

const HTML = "text/html; charset=utf-8";

/** Unless it says that it takes none: `gzip;q=0`. */
const takesGzip = (accepted: unknown): boolean =>
  /(?:^|[\s,])gzip\s*(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))(?:[;,]|$)/i.test(`${accepted ?? ""}`);

const isKnown = (known: string | undefined, etag: string): boolean =>
  known?.split(",").some((one) => one.trim().replace(/^(?:W\/)?/, "W/") === etag || one.trim() === "*") ?? false;
