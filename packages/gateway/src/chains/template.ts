import { isJsonObject } from "../http/index.ts";
import { jsonWithin } from "../routing/index.ts";

/** What a template's placeholders stand for. */
export interface Placeholders {
  input: string;
  previous: string;
}

/** What a template could not be filled with. */
export interface Unfilled {
  /** In words for whoever runs the chain. */
  missing: string;
}

/** `{input}`, `{previous}`, a member of one that is JSON (`{previous.result.total}`), each also as JSON (`{input:json}`). */
const PLACEHOLDER = /\{(input|previous)((?:\.[A-Za-z0-9_-]{1,64}){0,8})(:json)?\}/g;

/**
 * The template with its placeholders replaced, each once: what is put in is not looked at again. Undefined when the text would have more
 * than so many characters.
 */
export function renderTemplate(
  template: string,
  values: Placeholders,
  charactersMax: number,
): string | Unfilled | undefined {
  const parsed = new Map<string, unknown>();
  const pieces: string[] = [];
  let length = template.length;
  let end = 0;
  for (const match of template.matchAll(PLACEHOLDER)) {
    const [placeholder, name, path, isJson] = match as unknown as [string, keyof Placeholders, string, string?];
    const value = path === "" ? values[name] : memberOf(name, path);
    if (value === undefined)
      return { missing: `${placeholder} stands for nothing: what ${name} was is no JSON with such a member` };
    const text = isJson || typeof value !== "string" ? JSON.stringify(value) : value;
    length += text.length - placeholder.length;
    if (length > charactersMax) return undefined;
    pieces.push(template.slice(end, match.index), text);
    end = match.index + placeholder.length;
  }
  return length > charactersMax ? undefined : pieces.join("") + template.slice(end);

  function memberOf(name: keyof Placeholders, path: string): unknown {
    if (!parsed.has(name)) parsed.set(name, jsonWithin(values[name]));
    return path
      .split(".")
      .slice(1)
      .reduce<unknown>((at, key) => {
        if (Array.isArray(at)) return /^\d{1,6}$/.test(key) ? at[Number(key)] : undefined;
        return isJsonObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
      }, parsed.get(name));
  }
}
