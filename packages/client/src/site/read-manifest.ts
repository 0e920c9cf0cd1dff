import type { Manifest } from "@agentgate/protocol/site";
import { urlBelow } from "./addresses.ts";
import { ManifestInvalidError } from "./errors.ts";
import { strings, text } from "./plain-values.ts";

const entriesMax = 1000;
const depthMax = 64;
/** Values of any kind. Manifests are kept, and a small text may hold many small ones. */
const elementsMax = 50_000;

type Json = Record<string, unknown>;
type Check = (value: unknown) => unknown;

/** Texts alone are tested, because an object may make `String` throw. */
const matches =
  (pattern: RegExp): Check =>
  (value) =>
    typeof value === "string" && pattern.test(value);
const isObject: Check = (value) => Object(value) === value && !Array.isArray(value);
const isList: Check = (value) => Array.isArray(value) && value.length <= entriesMax;
/** Short, and fit for a message, a terminal and a path segment. */
const isName = matches(/^(?!\.\.?$)[^\p{Cc}\p{Cs}\u2028\u2029]{1,128}$/u);

/**
 * Checks a stranger's manifest and fills in what an older server leaves out. Unknown keys are ignored, unknown enum values
 * refused. Every intent's endpoint must lie on the site.
 *
 * @param manifest - parsed JSON; completed in place
 * @param base - where the site's paths begin
 * @throws {@link ManifestInvalidError} that names the place and what stands there
 */
export function readManifest(manifest: Json, base: URL): Manifest {
  let elements = 0;
  const isSmall = (value: unknown, left = depthMax): boolean =>
    ++elements < elementsMax &&
    (Object(value) !== value ||
      (left > 0 && Object.values(value as object).every((entry) => isSmall(entry, left - 1))));
  // Not shown: what is too deep cannot be written either.
  require({ manifest: !isSmall(manifest) && "too large" }, "", "manifest", (size) => !size);
  require(manifest, "", "name", isName);
  require(manifest, "", "agent_api_version", matches(/^1\b/), "1.0");
  manifest.auth ||= { type: "none" };
  complete(manifest, "");
  for (const [intent, place] of named(manifest, "", "intents")) {
    require(intent, place, "method", matches(/^POST$/), "POST");
    require(intent, place, "endpoint", (path) => urlBelow(base, text(path)));
  }
  for (const [flow, place] of named(manifest, "", "flows")) {
    require(flow, place, "orchestration", matches(/^(server|client)$/));
    for (const [step] of named(flow, place, "steps")) step.next_steps = strings(step.next_steps);
  }
  return manifest as unknown as Manifest;
}

/** Gives an entry of any kind the fields that all have. */
function complete(entry: Json, place: string): void {
  entry.description = text(entry.description);
  require(entry, place, "auth", (auth) => !auth || isObject(auth));
  const auth = entry.auth as Json;
  if (auth) {
    require(auth, `${place}auth.`, "type", matches(/^(api_key|bearer|none)$/));
    require(auth, `${place}auth.`, "header", (header) => header === null || matches(/^[\w-]+$/)(header), null);
  }
}

/** The entries of a list of named things, each with its place for messages. */
function named(parent: Json, place: string, key: string): [entry: Json, place: string][] {
  require(parent, place, key, isList, []);
  const names = new Set<unknown>();
  const list = parent[key] as Json[];
  return list.map((entry, index) => {
    const at = `${place}${key}.${index}.`;
    require(list as never, `${place}${key}.`, String(index), isObject);
    require(entry, at, "name", (name) => !names.has(name) && names.add(name) && isName(name));
    complete(entry, at);
    if (key !== "flows")
      for (const schema of ["input_schema", "output_schema"]) if (!isObject(entry[schema])) entry[schema] = {};
    return [entry, at];
  });
}

function require(entry: Json, place: string, key: string, isValid: Check, otherwise?: unknown): void {
  entry[key] ??= otherwise;
  if (isValid(entry[key])) return;
  const found = String(JSON.stringify(entry[key])).slice(0, 80);
  throw new ManifestInvalidError("manifest_invalid", `Unusable manifest: ${place}${key} is ${found}`);
}
