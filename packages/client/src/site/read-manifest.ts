import type { Manifest } from "@agentgate/protocol/site";
import { urlBelow } from "./addresses.ts";
import { ManifestInvalidError } from "./errors.ts";

const entriesMax = 1000;
const depthMax = 64;

type Json = Record<string, unknown>;
type Check = (value: unknown) => unknown;

/** Short, and fit for a message, a terminal and a path segment. */
const isName: Check = (value) =>
  typeof value === "string" && /^(?!\.\.?$)[^\p{Cc}\p{Cs}\u2028\u2029]{1,128}$/u.test(value);
const isObject: Check = (value) => Object(value) === value && !Array.isArray(value);
const isList: Check = (value) => Array.isArray(value) && value.length <= entriesMax;
const isHeader: Check = (value) => value === null || /^[\w-]+$/.test(String(value));
const isOneOf =
  (...allowed: unknown[]): Check =>
  (value) =>
    allowed.includes(value);

/**
 * Checks a stranger's manifest and fills in what an older server leaves out. Unknown keys are ignored, unknown enum values
 * refused. Every intent's endpoint must lie on the site.
 *
 * @param manifest - parsed JSON; completed in place
 * @param base - where the site's paths begin
 * @throws {@link ManifestInvalidError} that names the place and what stands there
 */
export function readManifest(manifest: Json, base: URL): Manifest {
  require({ manifest }, "", "manifest", () => isShallow(manifest, depthMax));
  require(manifest, "", "name", isName);
  require(manifest, "", "agent_api_version", (version) => /^1\b/.test(String(version)), "1.0");
  manifest.auth ||= { type: "none" };
  describe(manifest, "");
  for (const [intent, place] of named(manifest, "", "intents")) {
    operation(intent, place);
    require(intent, place, "method", isOneOf("POST"), "POST");
    require(intent, place, "endpoint", (path) => urlBelow(base, String(path)));
  }
  for (const [flow, place] of named(manifest, "", "flows")) {
    describe(flow, place);
    require(flow, place, "orchestration", isOneOf("server", "client"));
    for (const [step, at] of named(flow, place, "steps")) {
      operation(step, at);
      require(step, at, "next_steps", isList, []);
    }
  }
  return manifest as unknown as Manifest;
}

function operation(entry: Json, place: string): void {
  describe(entry, place);
  entry.input_schema ??= {};
  entry.output_schema ??= {};
}

function describe(entry: Json, place: string): void {
  entry.description ??= "";
  require(entry, place, "auth", (auth) => !auth || isObject(auth));
  const auth = entry.auth as Json;
  if (auth) {
    require(auth, `${place}auth.`, "type", isOneOf("api_key", "bearer", "none"));
    require(auth, `${place}auth.`, "header", isHeader, null);
  }
}

/** The entries of a list of named things, each with its place for messages. */
function named(parent: Json, place: string, key: string): [entry: Json, place: string][] {
  require(parent, place, key, isList, []);
  const names = new Set<unknown>();
  const isFreeName: Check = (name) => !names.has(name) && names.add(name) && isName(name);
  const list = parent[key] as Json[];
  return list.map((entry, index) => {
    require(list as never, `${place}${key}.`, String(index), isObject);
    require(entry, `${place}${key}.${index}.`, "name", isFreeName);
    return [entry, `${place}${key}.${index}.`];
  });
}

function require(entry: Json, place: string, key: string, isValid: Check, otherwise?: unknown): void {
  entry[key] ??= otherwise;
  if (isValid(entry[key])) return;
  const found = String(JSON.stringify(entry[key])).slice(0, 80);
  throw new ManifestInvalidError("manifest_invalid", `The site's manifest cannot be used: ${place}${key} is ${found}`);
}

function isShallow(value: unknown, left: number): boolean {
  return (
    Object(value) !== value || (left > 0 && Object.values(value as object).every((entry) => isShallow(entry, left - 1)))
  );
}
