import { StyledValue, toPairs, wellFormed } from "./styled.ts";

type Values = Readonly<Record<string, unknown>>;

export const formType = "application/x-www-form-urlencoded";

/** As `URLSearchParams` encodes. */
export const encodeForm = (text: string): string =>
  encodeURIComponent(wellFormed(text))
    .replaceAll("%20", "+")
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

/** A list is repeated; an object that has no style of its own is JSON (OpenAPI, Encoding Object, contentType). */
export function formText(values: Values): string {
  return Object.entries(values)
    .flatMap(([name, value]) => toPairs(name, value instanceof StyledValue ? value : jsonInside(value), encodeForm))
    .map(({ name, value }) => `${name}=${value}`)
    .join("&");
}

function jsonInside(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => (isObject(item) ? JSON.stringify(item) : item));
  return isObject(value) ? JSON.stringify(value) : value;
}

/** The parts of a multipart form: text as it is, an object as JSON, a list as a part for each item. */
export function multipart(values: Values, boundary: string): { type: string; text: string } {
  let text = "";
  for (const [name, given] of Object.entries(values)) {
    const value = given instanceof StyledValue ? given.value : given;
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item === undefined || item === null) continue;
      const safe = wellFormed(name).replace(/[\r\n"]/g, (character) => encodeURIComponent(character));
      const type = isObject(item) ? "\r\nContent-Type: application/json" : "";
      const content = isObject(item) ? JSON.stringify(item) : String(item);
      text += `--${boundary}\r\nContent-Disposition: form-data; name="${safe}"${type}\r\n\r\n${content}\r\n`;
    }
  }
  return { type: `multipart/form-data; boundary=${boundary}`, text: `${text}--${boundary}--\r\n` };
}

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;
