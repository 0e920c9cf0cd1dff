import { SiteError } from "../exchange/site-error.ts";

/** How a parameter's value is written, by the names of OpenAPI (3.1.1, Style Values), and `json` for one that is a JSON text. */
export type ParameterStyle =
  | "simple"
  | "label"
  | "matrix"
  | "form"
  | "spaceDelimited"
  | "pipeDelimited"
  | "deepObject"
  | "json";

/** A value that is not written in the style of its place. */
export class StyledValue {
  readonly value: unknown;
  readonly style: ParameterStyle;
  readonly explode: boolean;

  constructor(value: unknown, style: ParameterStyle, explode: boolean) {
    this.value = value;
    this.style = style;
    this.explode = explode;
  }
}

/** `styled(input.ids, "pipeDelimited")`: `ids=1%7C2`. @param explode - default true for `form`, false for the others */
export function styled(value: unknown, style: ParameterStyle, explode = style === "form"): StyledValue {
  return new StyledValue(value, style, explode);
}

type Encode = (text: string) => string;
/** An encoded name and value, and whether the name is the agent's choice. */
export interface Pair {
  readonly name: string;
  readonly value: string;
  readonly isChosen: boolean;
}

const delimiters: Readonly<Partial<Record<ParameterStyle, readonly [encoded: string, plain: string]>>> = {
  form: [",", ""],
  spaceDelimited: ["%20", " "],
  pipeDelimited: ["%7C", "|"],
};

/** What a value adds to a query or a form. Nothing for what is not given. Default style: form, exploded. */
export function toPairs(name: string, given: unknown, encode: Encode): Pair[] {
  const { value, style, explode } = given instanceof StyledValue ? given : styled(given, "form");
  const pair = (key: string, text: string, isChosen = false): Pair => ({ name: key, value: text, isChosen });
  if (value === undefined || value === null) return [];
  if (style === "json") return [pair(encode(name), encode(JSON.stringify(value)))];
  if (style === "deepObject") {
    if (!isMap(value)) throw refusal(name, "takes an object");
    return brackets(name, value).map(([key, entry]) => pair(encode(key), encode(entry)));
  }
  const [delimiter, forbidden] = delimiters[style] ?? [",", ""];
  const safe = (entry: unknown) => {
    const text = plain(name, entry);
    if (forbidden && text.includes(forbidden)) throw refusal(name, `cannot hold ${JSON.stringify(forbidden)}`);
    return encode(text);
  };
  if (Array.isArray(value)) {
    const items = value.filter((item) => item !== null && item !== undefined).map(safe);
    if (explode) return items.map((item) => pair(encode(name), item));
    return items.length === 0 ? [] : [pair(encode(name), items.join(delimiter))];
  }
  if (isMap(value)) {
    const entries = entriesOf(value).map(([key, entry]) => [safe(key), safe(entry)] as const);
    if (explode) return entries.map(([key, entry]) => pair(key, entry, true));
    return entries.length === 0 ? [] : [pair(encode(name), entries.flat().join(delimiter))];
  }
  return [pair(encode(name), safe(value))];
}

/** A value in a path, encoded so that it stays in its segment. Default style: simple. */
export function toPathText(name: string, given: unknown): string {
  const { value, style, explode } = given instanceof StyledValue ? given : styled(given, "simple");
  // A point or an equals sign would be read as the style's own.
  const encode = (entry: unknown, key = name) => {
    const text = encodeURIComponent(plain(key, entry)).replace(/[!'()*]/g, hex);
    return style === "label" ? text.replaceAll(".", "%2E") : text;
  };
  if (style === "json") return encodeURIComponent(JSON.stringify(value) ?? "");
  const prefix = style === "label" ? "." : style === "matrix" ? ";" : "";
  const separator = !explode || style === "simple" ? "," : prefix;
  const own = style === "matrix" && !(explode && (Array.isArray(value) || isMap(value))) ? `${encode(name)}=` : "";
  if (Array.isArray(value)) {
    const items = value.map((item) =>
      style === "matrix" && explode ? `${encode(name)}=${encode(item)}` : encode(item),
    );
    if (items.length === 0) throw refusal(name, "cannot be empty");
    return prefix + own + items.join(separator);
  }
  if (isMap(value)) {
    const entries = entriesOf(value).map(([key, entry]) => encode(key) + (explode ? "=" : ",") + encode(entry));
    if (entries.length === 0) throw refusal(name, "cannot be empty");
    return prefix + own + entries.join(separator);
  }
  const text = encode(value ?? "");
  if (text === "") throw refusal(name, 'cannot be ""');
  return prefix + own + text;
}

/** A value in a header, or undefined for what is not given. Style: simple. */
export function toHeaderText(name: string, given: unknown): string | undefined {
  const { value, style, explode } = given instanceof StyledValue ? given : styled(given, "simple");
  if (value === undefined || value === null) return undefined;
  if (style === "json") return JSON.stringify(value);
  const item = (entry: unknown) => {
    const text = plain(name, entry);
    if (/[,]/.test(text) || (explode && text.includes("="))) throw refusal(name, 'cannot hold a "," or "="');
    return text;
  };
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(item).join(",");
  if (isMap(value)) {
    const entries = entriesOf(value).map(([key, entry]) => item(key) + (explode ? "=" : ",") + item(entry));
    return entries.length === 0 ? undefined : entries.join(",");
  }
  return plain(name, value);
}

/** `a[b][c]`, which OpenAPI defines for one level and everybody reads for more. */
function brackets(name: string, value: unknown): [string, string][] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((entry, index) => brackets(`${name}[${index}]`, entry));
  if (isMap(value)) return Object.entries(value).flatMap(([key, entry]) => brackets(`${name}[${key}]`, entry));
  return [[name, plain(name, value)]];
}

function plain(name: string, value: unknown): string {
  if (typeof value === "object" && value !== null) throw refusal(name, "takes plain values, no lists or objects in it");
  return value === undefined || value === null ? "" : wellFormed(String(value));
}

/** Halves of characters have no UTF-8. */
export const wellFormed = (text: string): string => text.replace(/\p{Cs}/gu, "\ufffd");

const entriesOf = (value: object) => Object.entries(value).filter(([, entry]) => entry !== undefined && entry !== null);

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const hex = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;

const refusal = (name: string, text: string) => new SiteError("invalid_input", `${name} ${text}.`);
