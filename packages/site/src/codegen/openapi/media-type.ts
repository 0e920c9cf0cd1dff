import { isObject } from "../schema-reference.ts";
import type { OpenApiNode } from "./document.ts";

/** The entry of `content` that is JSON: `application/json`, `application/problem+json`, `text/json`, with or without parameters. */
export function jsonContent(content: unknown): OpenApiNode | undefined {
  if (!isObject(content)) return undefined;
  const found =
    Object.entries(content).find(([type]) => /^[^;]*[/+]json\s*(;|$)/i.test(type)) ??
    Object.entries(content).find(([type]) => type === "*/*");
  return found && isObject(found[1]) ? found[1] : undefined;
}

export function mediaTypes(content: unknown): string[] {
  return isObject(content) ? Object.keys(content) : [];
}
