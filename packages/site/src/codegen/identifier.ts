import { commentLines, quoted } from "./plain-text.ts";

const reserved = new Set(
  `any bigint boolean never null number object string symbol undefined unknown void array date function map set promise record
   partial readonly pick omit break case catch class const continue debugger default delete do else enum export extends false
   finally for if implements import in instanceof interface let new package private protected public return static super switch
   this throw true try type typeof var while with yield await`.split(/\s+/),
);

/** A PascalCase TypeScript type name made of whatever `text` holds: "order-item" → "OrderItem", "2fa" → "T2fa". */
export function typeName(text: string): string {
  const words = text.split(/[^A-Za-z0-9]+/).filter(Boolean);
  const name = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
  if (!name || /^\d/.test(name) || reserved.has(name.toLowerCase())) return `T${name}`;
  return name.slice(0, 100);
}

/** A camelCase variable name made of whatever `text` holds. */
export function variableName(text: string): string {
  const name = typeName(text);
  const camel = name[0]!.toLowerCase() + name.slice(1);
  return reserved.has(camel) ? `${camel}Value` : camel;
}

/** A property key, quoted only when it has to be. */
export function propertyKey(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) && name !== "__proto__" ? name : quoted(name);
}

/** A doc comment, or "" without text. The text comes from strangers: it cannot end the comment it stands in. */
export function docComment(text: unknown, indent: string): string {
  const lines = typeof text === "string" ? commentLines(text.trim()) : [];
  if (!lines.some(Boolean)) return "";
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${`${indent} * ${line}`.trimEnd()}\n`).join("")}${indent} */\n`;
}
