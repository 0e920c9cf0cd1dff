import type {
  Deprecation,
  Manifest,
  ManifestAuth,
  ManifestChange,
  ManifestFlow,
  ManifestIntent,
  ManifestStep,
} from "./manifest.ts";
import { diffInputSchemas, diffOutputSchemas } from "./schema-diff.ts";

/** What changed between two manifests of a site, and whether callers of the earlier one may fail. In a stable order. */
export function diffManifests(before: Manifest, after: Manifest): ManifestChange[] {
  return [
    ...diffSite(before, after),
    ...diffNamed("/intents", "Intent", before.intents, after.intents, (old, now, path) => [
      ...diffOperation(old, now, path),
      ...(old.endpoint === now.endpoint
        ? []
        : [changed(`${path}/endpoint`, true, `The endpoint moved to ${now.endpoint}.`)]),
    ]),
    ...diffNamed("/flows", "Flow", before.flows, after.flows, diffFlow),
  ];
}

function diffSite(before: Manifest, after: Manifest): ManifestChange[] {
  const changes = diffAuth(before.auth, after.auth, "/auth");
  if (before.base_url !== after.base_url)
    changes.push(changed("/base_url", true, `The site moved to ${after.base_url}.`));
  return changes;
}

function diffFlow(before: ManifestFlow, after: ManifestFlow, path: string): ManifestChange[] {
  const changes: ManifestChange[] = [];
  if (before.orchestration !== after.orchestration) {
    changes.push(changed(`${path}/orchestration`, true, `The flow is now ${after.orchestration}-orchestrated.`));
  }
  changes.push(...diffDeprecation(before, after, path));
  changes.push(...diffNamed(`${path}/steps`, "Step", before.steps, after.steps, diffStep));
  return changes;
}

function diffStep(before: ManifestStep, after: ManifestStep, path: string): ManifestChange[] {
  const changes = diffOperation(before, after, path);
  if (before.entry !== after.entry) {
    changes.push(
      changed(`${path}/entry`, true, `The step is ${after.entry ? "now" : "no longer"} the first of its flow.`),
    );
  }
  for (const next of before.next_steps) {
    if (!after.next_steps.includes(next))
      changes.push(changed(`${path}/next_steps`, true, `"${next}" no longer follows.`));
  }
  for (const next of after.next_steps) {
    if (!before.next_steps.includes(next))
      changes.push(changed(`${path}/next_steps`, false, `"${next}" may now follow.`));
  }
  return changes;
}

/** What intents and steps have in common. */
type Operation = ManifestIntent | ManifestStep;

function diffOperation(before: Operation, after: Operation, path: string): ManifestChange[] {
  const changes: ManifestChange[] = [];
  if (before.description !== after.description)
    changes.push(changed(`${path}/description`, false, "The description changed."));
  changes.push(...diffInputSchemas(before.input_schema, after.input_schema, `${path}/input_schema`));
  changes.push(...diffOutputSchemas(before.output_schema, after.output_schema, `${path}/output_schema`));
  changes.push(...diffOwnAuth(before.auth, after.auth, `${path}/auth`));
  if (before.streaming !== after.streaming) {
    changes.push(
      changed(`${path}/streaming`, !after.streaming, `It ${after.streaming ? "now streams" : "no longer streams"}.`),
    );
  }
  changes.push(...diffDeprecation(before, after, path), ...diffTerms(before, after, path));
  return changes;
}

const risks = ["low", "medium", "high"];

/** What a caller has to know before the call: what it can do to the world, whether it may be repeated, what it costs. */
function diffTerms(before: Operation, after: Operation, path: string): ManifestChange[] {
  const changes: ManifestChange[] = [];
  if (before.risk !== after.risk) {
    const isGreater = risks.indexOf(after.risk ?? "") > risks.indexOf(before.risk ?? "");
    changes.push(changed(`${path}/risk`, isGreater, `The risk is ${after.risk ?? "not told"} now.`));
  }
  if (before.idempotent !== after.idempotent) {
    const message = after.idempotent ? "It may be repeated now." : "A repeated call has a further effect now.";
    changes.push(changed(`${path}/idempotent`, !after.idempotent, message));
  }
  const [old, now] = [priceText(before), priceText(after)];
  if (old !== now) {
    const { amount, currency } = before.price ?? { amount: "0", currency: after.price?.currency };
    const isDearer = after.price !== undefined && (currency !== after.price.currency || +after.price.amount > +amount);
    changes.push(changed(`${path}/price`, isDearer, `The price is ${now} now, and was ${old}.`));
  }
  return changes;
}

const priceText = ({ price }: Operation): string => (price ? `${price.amount} ${price.currency}` : "not told");

function diffOwnAuth(
  before: ManifestAuth | undefined,
  after: ManifestAuth | undefined,
  path: string,
): ManifestChange[] {
  if (before && after) return diffAuth(before, after, path);
  if (!before && !after) return [];
  const opened = (after ?? before)!.type === "none" && after !== undefined;
  return [changed(path, !opened, after ? `It has its own auth now: ${after.type}.` : "The site's auth holds now.")];
}

function diffAuth(before: ManifestAuth, after: ManifestAuth, path: string): ManifestChange[] {
  const changes: ManifestChange[] = [];
  const opened = after.type === "none";
  if (before.type !== after.type) changes.push(changed(path, !opened, `Auth is now ${after.type}.`));
  else if (before.header !== after.header)
    changes.push(changed(`${path}/header`, true, `The key goes into ${after.header} now.`));
  else if (before.scheme !== after.scheme)
    changes.push(changed(`${path}/scheme`, true, `Tokens are now ${after.scheme ?? "opaque"}.`));
  const more = (after.scopes ?? []).filter((scope) => !before.scopes?.includes(scope));
  const fewer = (before.scopes ?? []).filter((scope) => !after.scopes?.includes(scope));
  if (more.length) changes.push(changed(`${path}/scopes`, true, `More scopes are needed: ${more.join(", ")}.`));
  if (fewer.length) changes.push(changed(`${path}/scopes`, false, `Scopes no longer needed: ${fewer.join(", ")}.`));
  return changes;
}

type Deprecatable = { readonly deprecated?: Deprecation };

function diffDeprecation(before: Deprecatable, after: Deprecatable, path: string): ManifestChange[] {
  if (after.deprecated && !before.deprecated) {
    return [{ kind: "deprecated", breaking: false, path, message: after.deprecated.message }];
  }
  return before.deprecated && !after.deprecated ? [changed(path, false, "It is no longer deprecated.")] : [];
}

function diffNamed<T extends { readonly name: string }>(
  path: string,
  kind: string,
  before: readonly T[],
  after: readonly T[],
  diff: (before: T, after: T, path: string) => ManifestChange[],
): ManifestChange[] {
  const old = new Map(before.map((entry) => [entry.name, entry]));
  const now = new Map(after.map((entry) => [entry.name, entry]));
  const changes: ManifestChange[] = [];
  for (const { name } of before) {
    if (now.has(name)) continue;
    changes.push({ kind: "removed", breaking: true, path: `${path}/${name}`, message: `${kind} "${name}" is gone.` });
  }
  for (const [name, entry] of now) {
    const previous = old.get(name);
    if (previous) changes.push(...diff(previous, entry, `${path}/${name}`));
    else
      changes.push({ kind: "added", breaking: false, path: `${path}/${name}`, message: `${kind} "${name}" is new.` });
  }
  return changes;
}

const changed = (path: string, breaking: boolean, message: string): ManifestChange => ({
  kind: "changed",
  breaking,
  path,
  message,
});
