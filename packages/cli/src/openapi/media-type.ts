import { isObject } from "@agentgate/site/codegen";
import type { OpenApiNode } from "./document.ts";

export interface MediaType {
  /** Without parameters, in lower case; `application/json` for one that allows any. */
  readonly type: string;
  readonly content: OpenApiNode;
}

/** The entry of `content` that is JSON: `application/json`, `application/merge-patch+json`, `text/json`, with or without parameters. */
export function jsonContent(content: unknown): MediaType | undefined {
  const entries = entriesOf(content);
  return (
    entries.find(({ type }) => type === "application/json") ??
    entries.find(({ type }) => /[/+]json$/.test(type)) ??
    entries
      .filter(({ type }) => type === "*/*" || type === "application/*")
      .map((found) => ({ ...found, type: "application/json" }))[0]
  );
}

export const formContent = (content: unknown): MediaType | undefined =>
  entriesOf(content).find(({ type }) => type === "application/x-www-form-urlencoded") ??
  entriesOf(content).find(({ type }) => type === "multipart/form-data");

export function mediaTypes(content: unknown): string[] {
  return isObject(content) ? Object.keys(content) : [];
}

function entriesOf(content: unknown): MediaType[] {
  return Object.entries(isObject(content) ? content : {}).map(([type, entry]) => ({
    type: type.replace(/;.*$/s, "").trim().toLowerCase(),
    content: isObject(entry) ? entry : {},
  }));
}
