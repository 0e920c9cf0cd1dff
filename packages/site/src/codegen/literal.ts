import { propertyKey } from "./identifier.ts";
import { quoted } from "./plain-text.ts";

const lineWidth = 100;

/** A JSON value as TypeScript, on one line where it fits. */
export function literal(value: unknown, indent = ""): string {
  const short = oneLine(value);
  if (short.length + indent.length <= lineWidth) return short;
  const inner = `${indent}  `;
  if (Array.isArray(value))
    return `[\n${value.map((entry) => `${inner}${literal(entry, inner)},\n`).join("")}${indent}]`;
  if (typeof value !== "object" || value === null) return short;
  const entries = Object.entries(value).map(
    ([key, entry]) => `${inner}${literalKey(key)}: ${literal(entry, inner)},\n`,
  );
  return `{\n${entries.join("")}${indent}}`;
}

function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(", ")}]`;
  if (typeof value === "string") return quoted(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "undefined";
  const entries = Object.entries(value).map(([key, entry]) => `${literalKey(key)}: ${oneLine(entry)}`);
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}

/** `__proto__: x` would set the prototype; `["__proto__"]: x` is an ordinary property. */
const literalKey = (key: string): string => (key === "__proto__" ? '["__proto__"]' : propertyKey(key));
