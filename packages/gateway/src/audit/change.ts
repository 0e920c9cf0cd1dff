import { type MicroDollars, microDollarsToNumber } from "@agentgate/protocol";
import { hashKey, type Micros, renderTimestamp } from "../runtime/index.ts";

/** A value as the log has it. */
export type Told = string | number | boolean | null | readonly Told[] | { readonly [member: string]: Told };

/** What a field was and is; null for nothing. */
export interface FieldChange {
  readonly field: string;
  readonly before: Told;
  readonly after: Told;
}

/** What something is done to. */
export interface Target {
  readonly kind: string;
  readonly id: string | null;
  readonly name?: string | null;
}

/** One change, as it is written down. */
export interface AuditedChange {
  /** `thing.done`, such as `agent.changed`. */
  readonly action: string;
  /** Whose business it is; null for the gateway's own. */
  readonly orgId: string | null;
  readonly target: Target;
  readonly changes: readonly FieldChange[];
}

/** How a value is told. */
export type Teller<T = unknown> = (value: T) => Told;

/** A value longer than this is told by its digest and length. */
const VALUE_LENGTH_MAX = 1_000;
/** Of a digest that tells a secret from another: too few to be of use for anything else. */
const DIGITS = 8;

/** As it is. */
export const asIs: Teller = (value) => {
  const told = (value ?? null) as Told;
  const text = typeof told === "string" ? told : JSON.stringify(told);
  return text.length <= VALUE_LENGTH_MAX ? told : { sha256: hashKey(text), length: text.length };
};

/** Of a secret, so much of its SHA-256 that one can be told from another. */
export const asSecret: Teller<string | null | undefined> = (text) => (text == null ? null : asHashed(hashKey(text)));

/** The same of a secret of which the SHA-256 is kept, in hexadecimal digits. */
export const asHashed: Teller<string | null | undefined> = (hash) =>
  hash == null ? null : `sha256:${hash.slice(0, DIGITS)}`;

/** In dollars. */
export const asMoney: Teller<MicroDollars | null> = (amount) => (amount === null ? null : microDollarsToNumber(amount));

export const asTime: Teller<Micros | null> = (at) => (at === null ? null : renderTimestamp(at));

/** An address without what may be a secret in it: who logs in there, and the values of its query. */
export const asUrl: Teller<string | null> = (text) => {
  if (text === null) return null;
  const url = URL.parse(text);
  if (!url) return asSecret(text);
  const query = url.search === "" ? "" : `?${asSecret(url.search)}`;
  const user = url.username || url.password ? `${asSecret(`${url.username}:${url.password}`)}@` : "";
  return asIs(`${url.protocol}//${user}${url.host}${url.pathname}${query}`);
};

/** An address that is a secret as a whole: whose it is, and a digest of the rest. Who knows where a webhook goes can send what seems to be one. */
export const asReceiver: Teller<string | null> = (text) => {
  const url = text === null ? null : URL.parse(text);
  return url ? `${url.protocol}//${url.host} ${asSecret(text)}` : asSecret(text);
};

/** What is told of a kind of record: for each of its members the name that callers know it by, and how it is told. */
export type Telling<T> = { readonly [Member in keyof T]?: readonly [name: string, teller: Teller<never>] };

/** The same where nothing is forgotten: a member that is added has to be told, too, or is named among those that are not. */
export type CompleteTelling<T, Untold extends keyof T> = Required<Telling<Omit<T, Untold>>>;

/** What differs between two states of a record; undefined is one that is not there. */
export function changesBetween<T extends object>(
  telling: Telling<T>,
  before: T | undefined,
  after: T | undefined,
): FieldChange[] {
  return (Object.entries(telling) as [keyof T, readonly [string, Teller]][]).flatMap(([member, [field, teller]]) => {
    const [from, to] = [before, after].map((state) => (state === undefined ? null : teller(state[member])));
    return isSame(from!, to!) ? [] : [{ field, before: from!, after: to! }];
  });
}

const isSame = (a: Told, b: Told): boolean =>
  a === b || (typeof a === "object" && typeof b === "object" && JSON.stringify(a) === JSON.stringify(b));
