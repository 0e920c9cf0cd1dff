import { RegistrationError } from "./registration-error.ts";

/** Names become path segments, tool names (at most 64 characters) and properties of the client. */
const grammar = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

export function checkName(kind: "intent" | "flow" | "step", name: string): void {
  if (grammar.test(name)) return;
  throw new RegistrationError(
    `${kind} "${name}": a name starts with a letter and has up to 64 letters, digits, "_" or "-".`,
  );
}
