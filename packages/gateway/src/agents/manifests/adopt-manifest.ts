import {
  diffManifests,
  type JsonSchema,
  type Manifest,
  type ManifestFlow,
  type ManifestIntent,
  type ManifestPrice,
  type ManifestStep,
} from "@agentgate/protocol/site";
import { isUnchargeable } from "./site-fields.ts";

/**
 * The manifest that counts from now on: what was approved, with what a newer one adds to it. What it changes in a way that callers might
 * not have agreed to, or takes away, stays as it was approved, so that it is seen to be otherwise at every look.
 */
export function adopted(approved: Manifest, found: Manifest): Manifest {
  const hasSameAuth = !isBreaking({ ...bare(approved), auth: approved.auth }, { ...bare(approved), auth: found.auth });
  return {
    ...found,
    name: approved.name,
    description: approved.description,
    auth: hasSameAuth ? found.auth : approved.auth,
    intents: merged(approved.intents, found.intents, (before, after) =>
      isHarmlessIntent(approved, before, after) ? after : before,
    ),
    flows: merged(approved.flows, found.flows, (before, after) => adoptedFlow(approved, before, after)),
  };
}

function adoptedFlow(site: Manifest, before: ManifestFlow, after: ManifestFlow): ManifestFlow {
  if (before.orchestration !== after.orchestration) return before;
  const head = (flow: ManifestFlow): ManifestFlow => ({ ...flow, steps: [] });
  const isHarmless =
    before.description === after.description &&
    !isBreaking({ ...bare(site), flows: [head(before)] }, { ...bare(site), flows: [head(after)] }) &&
    JSON.stringify(before.auth) === JSON.stringify(after.auth) &&
    before.deprecated?.message === after.deprecated?.message;
  return {
    ...(isHarmless ? after : before),
    steps: merged(before.steps, after.steps, (old, now) => (isHarmlessStep(site, before, old, now) ? now : old)),
  };
}

interface Entry extends Priced {
  readonly name: string;
  /** Of a flow. */
  readonly steps?: readonly Priced[];
}

interface Priced {
  readonly price?: ManifestPrice;
}

/** In the newer one's order; what is not in it any more comes last. */
function merged<T extends Entry>(before: readonly T[], after: readonly T[], choose: (before: T, after: T) => T): T[] {
  const known = new Map(before.map((entry) => [entry.name, entry]));
  const names = new Set(after.map(({ name }) => name));
  return [
    ...after.flatMap((entry) => {
      const old = known.get(entry.name);
      if (old) return choose(old, entry);
      // What it costs has to be said by somebody first.
      return [entry, ...(entry.steps ?? [])].some(isUnchargeable) ? [] : entry;
    }),
    ...before.filter(({ name }) => !names.has(name)),
  ];
}

const bare = (site: Manifest): Manifest => ({ ...site, intents: [], flows: [] });

const isHarmlessIntent = (site: Manifest, before: ManifestIntent, after: ManifestIntent): boolean =>
  isHarmless({ ...bare(site), intents: [before] }, { ...bare(site), intents: [after] }) && hasSameTexts(before, after);

function isHarmlessStep(site: Manifest, flow: ManifestFlow, before: ManifestStep, after: ManifestStep): boolean {
  const of = (step: ManifestStep): Manifest => ({ ...bare(site), flows: [{ ...flow, steps: [step] }] });
  return isHarmless(of(before), of(after)) && hasSameTexts(before, after);
}

const isBreaking = (before: Manifest, after: Manifest): boolean =>
  diffManifests(before, after).some(({ breaking }) => breaking);

/** What a caller was told of a call, and agreed to; within a schema, properties may be called so. */
const AGREED = /^(?!.*_schema\/).*\/(?:description|risk|idempotent|price)$/;

/** Whether whoever agreed to the one has agreed to the other: it may do more, and does not do or tell otherwise. */
const isHarmless = (before: Manifest, after: Manifest): boolean =>
  diffManifests(before, after).every(
    ({ kind, breaking, path }) =>
      path.endsWith("/streaming") || (!breaking && kind !== "deprecated" && !AGREED.test(path)),
  );

/** Whether what a model reads in both schemas is the same where both have it: instructions hide in titles and defaults, too. */
function hasSameTexts(before: ManifestIntent | ManifestStep, after: ManifestIntent | ManifestStep): boolean {
  return (["input_schema", "output_schema"] as const).every((schema) => {
    const [old, now] = [textsOf(before[schema]), textsOf(after[schema])];
    return (
      [...old].every(([place, text]) => {
        const parent = place.slice(0, place.lastIndexOf("/"));
        return now.places.has(parent) ? now.get(place) === text : true;
      }) && [...now].every(([place]) => old.has(place) || !old.places.has(place.slice(0, place.lastIndexOf("/"))))
    );
  });
}

const TOLD = new Set(["title", "description", "default", "examples", "$comment", "deprecated"]);

class Texts extends Map<string, string> {
  /** Schemas that there are, also those without a text. */
  readonly places = new Set<string>();
}

/** What each schema in a schema says of itself, by its place. */
function textsOf(schema: JsonSchema): Texts {
  const texts = new Texts();
  const walk = (value: unknown, place: string): void => {
    if (typeof value !== "object" || value === null) return;
    texts.places.add(place);
    for (const [key, inner] of Object.entries(value)) {
      // A property may be called `title`: then it is a schema.
      if (TOLD.has(key) && !place.endsWith("/properties")) texts.set(`${place}/${key}`, JSON.stringify(inner));
      else walk(inner, `${place}/${key.replaceAll("/", "~1")}`);
    }
  };
  walk(schema, "");
  return texts;
}
