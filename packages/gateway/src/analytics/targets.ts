import { resolve } from "node:path";

/** Where rows of the call log go, as `AGENTGATE_LOG_SINK` names it. */
export type SinkTarget = ClickHouseTarget | ParquetTarget;

interface NamedTarget {
  /** By which its cursor is kept and operators know it: the target without credentials and options. */
  readonly name: string;
  /** How long rows may wait before they are written. */
  readonly everyMs: number;
}

export interface ClickHouseTarget extends NamedTarget {
  readonly kind: "clickhouse";
  /** Of its HTTP interface, without credentials. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly database: string;
  readonly table: string;
}

export interface ParquetTarget extends NamedTarget {
  readonly kind: "parquet";
  readonly place: { readonly directory: string } | { readonly bucket: string; readonly prefix: string };
}

const WRONG =
  "must list targets such as clickhouse://user:password@host:8123/database, parquet:/a/directory or parquet:s3://bucket/prefix";
const EVERY_SECONDS = { clickhouse: 5, parquet: 600 };
const EVERY_SECONDS_MAX = 86_400;
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const PREFIX = /^[\w!\-.*'()/=]{0,512}$/;

/** What is wrong with the setting, in words that repeat nothing of it: it may hold a password. */
export class SinkTargetError extends Error {
  override readonly name = "SinkTargetError";
}

/**
 * Reads one target.
 *
 * @throws SinkTargetError
 */
export function parseTarget(text: string): SinkTarget {
  if (text.startsWith("clickhouse:")) return parseClickHouse(text);
  if (text.startsWith("parquet:")) return parseParquet(text);
  throw new SinkTargetError(WRONG);
}

function parseClickHouse(text: string): ClickHouseTarget {
  if (!URL.canParse(text)) throw new SinkTargetError(WRONG);
  const given = new URL(text);
  const options = optionsOf(given.searchParams, ["secure", "table", "seconds"], "a clickhouse: target");
  const isSecure = isOn(options.secure);
  const database = decoded(given.pathname.slice(1)) || "default";
  const table = options.table ?? "agentgate_calls";
  if (given.hostname === "" || given.hash !== "") throw new SinkTargetError(WRONG);
  for (const [what, name] of Object.entries({ database, table })) {
    if (!NAME.test(name)) throw new SinkTargetError(`must name a ${what} of letters, digits and _ for ClickHouse`);
  }
  const host = `${given.hostname}:${given.port || (isSecure ? 8443 : 8123)}`;
  return {
    kind: "clickhouse",
    name: `clickhouse://${host}/${database}/${table}`,
    everyMs: secondsOf(options.seconds, EVERY_SECONDS.clickhouse),
    url: `${isSecure ? "https" : "http"}://${host}`,
    username: decoded(given.username) || "default",
    password: decoded(given.password),
    database,
    table,
  };
}

function parseParquet(text: string): ParquetTarget {
  const [, place = "", query = ""] = /^parquet:([^?]*)(?:\?(.*))?$/s.exec(text) ?? [];
  const options = optionsOf(new URLSearchParams(query), ["seconds"], "a parquet: target");
  const everyMs = secondsOf(options.seconds, EVERY_SECONDS.parquet);
  if (!/^[a-z0-9]+:\/\//i.test(place)) {
    if (place === "") throw new SinkTargetError(WRONG);
    const directory = resolve(place);
    return { kind: "parquet", name: `parquet:${directory}`, everyMs, place: { directory } };
  }
  const [, bucket = "", path = ""] = /^s3:\/\/([^/]*)\/?(.*)$/s.exec(place) ?? [];
  const prefix = path.replace(/^\/+|\/+$/g, "");
  if (!BUCKET.test(bucket) || !PREFIX.test(prefix)) {
    throw new SinkTargetError(
      "must name a bucket and a prefix as parquet:s3://bucket/prefix; credentials belong into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    );
  }
  const name = `parquet:s3://${bucket}${prefix && `/${prefix}`}`;
  return { kind: "parquet", name, everyMs, place: { bucket, prefix } };
}

function optionsOf<K extends string>(
  given: URLSearchParams,
  known: readonly K[],
  of: string,
): Partial<Record<K, string>> {
  const unknown = [...given.keys()].some((name) => !known.includes(name as K));
  if (unknown) throw new SinkTargetError(`has an option that ${of} does not know; it knows ${known.join(", ")}`);
  return Object.fromEntries(given) as Partial<Record<K, string>>;
}

function secondsOf(text: string | undefined, usual: number): number {
  const seconds = text === undefined ? usual : Number(text);
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= EVERY_SECONDS_MAX) return seconds * 1000;
  throw new SinkTargetError(`must have as "seconds" a whole number from 1 to ${EVERY_SECONDS_MAX}`);
}

function isOn(text: string | undefined): boolean {
  if (text === undefined || ["0", "false"].includes(text)) return false;
  if (["1", "true"].includes(text)) return true;
  throw new SinkTargetError('must have as "secure" true or false');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new SinkTargetError(WRONG);
  }
}
