import type { InputIssue } from "@agentgate/protocol/site";
import { after, type MaybePromise } from "../engine/after.ts";
import type { Schema, StandardIssue, StandardResult } from "./standard-schema.ts";

export type Validation = { readonly value: unknown } | { readonly issues: readonly InputIssue[] };

const issuesMax = 50;

/** Validates; stays synchronous when the library does. */
export function validate(schema: Schema, value: unknown): MaybePromise<Validation> {
  return after(schema["~standard"].validate(value), toValidation);
}

function toValidation(result: StandardResult<unknown>): Validation {
  return result.issues ? { issues: result.issues.slice(0, issuesMax).map(toInputIssue) } : result;
}

const toInputIssue = ({ message, path = [] }: StandardIssue): InputIssue => ({
  path: path.map((part) => `/${pointerToken(typeof part === "object" ? part.key : part)}`).join(""),
  message,
});

const pointerToken = (key: PropertyKey) => String(key).replaceAll("~", "~0").replaceAll("/", "~1");
