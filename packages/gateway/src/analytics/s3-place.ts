import { webcrypto } from "node:crypto";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { AwsV4Signer } from "aws4fetch";
import type { Dialer } from "../outbound/index.ts";
import type { Clock } from "../runtime/index.ts";
import type { ParquetPlace } from "./parquet-sink.ts";
import { within } from "./within.ts";

/** What the room reads of the gateway's settings, as other tools of S3 do. */
export interface S3Settings {
  awsAccessKeyId: string | undefined;
  awsSecretAccessKey: string | undefined;
  awsSessionToken: string | undefined;
  awsRegion: string | undefined;
  awsDefaultRegion: string | undefined;
  s3Endpoint: string | undefined;
  awsEndpoint: string | undefined;
}

export interface S3PlaceOptions {
  bucket: string;
  prefix: string;
  settings: S3Settings;
  dialer: Dialer;
  clock: Clock;
  /** For one file, in milliseconds. */
  timeoutMs?: number | undefined;
}

const { subtle } = webcrypto;

const TIMEOUT_MS = 300_000;
const ANSWER_BYTES_MAX = 65_536;

/** The setting asks for S3, and there are no credentials. */
export class S3CredentialsError extends Error {
  override readonly name = "S3CredentialsError";
}

/**
 * A bucket of S3 or of what speaks its protocol: one PUT for each file, signed with Signature Version 4.
 *
 * @throws S3CredentialsError
 */
export function s3Place(options: S3PlaceOptions): ParquetPlace {
  const { settings, dialer, clock, timeoutMs = TIMEOUT_MS } = options;
  const { awsAccessKeyId: accessKeyId, awsSecretAccessKey: secretAccessKey, awsSessionToken } = settings;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new S3CredentialsError(
      "AGENTGATE_LOG_SINK has a parquet:s3: target, which needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    );
  }
  const region = settings.awsRegion ?? settings.awsDefaultRegion ?? "us-east-1";
  const base = baseUrl(options, region);
  return {
    workshop: tmpdir(),
    async put(file, key, over) {
      const body = await readFile(file);
      const url = `${base}${key}`;
      const signer = new AwsV4Signer({
        method: "PUT",
        url,
        headers: { "x-amz-content-sha256": await sha256(body), "content-type": "application/vnd.apache.parquet" },
        accessKeyId,
        secretAccessKey,
        ...(awsSessionToken !== undefined && { sessionToken: awsSessionToken }),
        service: "s3",
        region,
        datetime: new Date(clock.now()).toISOString().replaceAll(/[-:]|\.\d{3}/g, ""),
      });
      const signed = await signer.sign();
      await within({ clock, ms: timeoutMs, over, what: "the object storage" }, async (signal) => {
        const call = dialer.send({
          url: signed.url.href,
          method: "PUT",
          headers: Object.fromEntries((signed.headers as Headers).entries()),
          body,
          timeoutMs,
          maxResponseBytes: ANSWER_BYTES_MAX,
          bodyOptional: true,
        });
        signal.addEventListener("abort", () => call.abort());
        const { status, body: answer } = await call.response;
        if (status < 200 || status >= 300) throw new S3Error(status, codeIn(answer));
      });
    },
    describe: (error) => (error instanceof Error ? error.message : "it failed"),
    close: async () => {},
  };
}

/** Up to the key. Endpoints of one's own have the bucket in the path, which all of them know; so has a bucket whose name TLS could not prove. */
function baseUrl({ bucket, prefix, settings }: S3PlaceOptions, region: string): string {
  const endpoint = settings.s3Endpoint ?? settings.awsEndpoint;
  const within = prefix === "" ? "" : `${prefix}/`;
  if (endpoint !== undefined) return `${endpoint.replace(/\/+$/, "")}/${bucket}/${within}`;
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  if (bucket.includes(".")) return `https://s3.${region}.${domain}/${bucket}/${within}`;
  return `https://${bucket}.s3.${region}.${domain}/${within}`;
}

/** In a thread: nobody waits for the whole of a large file. */
const sha256 = async (body: Buffer<ArrayBuffer>): Promise<string> =>
  Buffer.from(await subtle.digest("SHA-256", body)).toString("hex");

class S3Error extends Error {
  constructor(status: number, code: string | undefined) {
    super(`the object storage answered ${status}${code === undefined ? "" : ` (${code})`}`);
  }
}

/** Of an error's XML its code alone: its message repeats the key id, and what was signed. */
const codeIn = (answer: Buffer): string | undefined => /<Code>(\w{1,64})<\/Code>/.exec(answer.toString("latin1"))?.[1];
