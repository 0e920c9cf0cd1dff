import type { Manifest, ManifestAuth, ManifestFlow, ManifestIntent } from "@agentgate/protocol/site";
import type { DefineCommand } from "../commands/define-command.ts";
import { examples } from "../examples.ts";
import type { Column } from "../output/table.ts";
import { describeFields } from "./schema-fields.ts";
import { addSiteOptions, discoverSite, type SiteOptions } from "./site-options.ts";

export const defineDiscover: DefineCommand = (command, cli) =>
  addSiteOptions(command)
    .argument("<url>", "the site: https://myshop.com, myshop.com, localhost:8000")
    .addHelpText(
      "after",
      examples(
        ["agentgate discover myshop.com", "its intents and flows"],
        ["agentgate discover myshop.com --json > manifest.json", "the manifest, to keep or compare"],
      ),
    )
    .action(async (address: string, options: SiteOptions) => {
      const { manifest, url } = await discoverSite(address, options, cli);
      cli.output.result(manifest, () => {
        const { output } = cli;
        output.fields([
          ["Site", manifest.version ? `${manifest.name} ${manifest.version}` : manifest.name],
          ...(manifest.description ? ([["About", manifest.description]] as const) : []),
          ["Address", url],
          ["Credential", describeAuth(manifest.auth)],
        ]);
        if (manifest.intents.length > 0) {
          output.line();
          output.table(manifest.intents, intentColumns(manifest));
        }
        if (manifest.flows.length > 0) {
          output.line();
          output.table(manifest.flows, flowColumns(manifest));
        }
        if (manifest.intents.length + manifest.flows.length === 0) output.line("\nIt offers nothing yet.");
      });
    });

const describeAuth = (auth: ManifestAuth): string =>
  auth.docs ? `${credential(auth)} (${auth.docs})` : credential(auth);

function credential({ type, header, scopes = [] }: ManifestAuth): string {
  const kind =
    { api_key: `API key in ${header ?? "X-API-Key"}`, bearer: "bearer token", none: "none needed" }[type] ?? type;
  return scopes.length > 0 ? `${kind} with ${scopes.join(", ")}` : kind;
}

/** What an intent or step asks for instead of the site's own credential. */
function ownCredential(auth: ManifestAuth | undefined, site: ManifestAuth): string {
  if (!auth || credential(auth) === credential(site)) return "";
  const { scopes = [] } = auth;
  if (auth.type === "none") return "no credential";
  const isMore = scopes.length > 0 && credential({ ...auth, scopes: [] }) === credential({ ...site, scopes: [] });
  return isMore ? `needs ${scopes.join(", ")}` : credential(auth);
}

/** The same of a flow: once, where all steps ask alike. */
function flowCredential({ auth, steps }: ManifestFlow, site: ManifestAuth): string {
  const told = steps.map((step) => ({ step: step.name, asks: ownCredential(step.auth ?? auth, site) }));
  if (told.every(({ asks }) => asks === told[0]?.asks)) return told[0]?.asks ?? "";
  return told.flatMap(({ step, asks }) => (asks ? [`${step}: ${asks}`] : [])).join(", ");
}

/** What a caller should know before the call: `no credential, high risk, deprecated`. */
const remarks = (
  { risk, deprecated, streaming }: Partial<Pick<ManifestIntent, "risk" | "deprecated" | "streaming">>,
  asks: string,
): string =>
  [asks, risk && risk !== "low" && `${risk} risk`, streaming && "streams", deprecated && "deprecated"]
    .filter(Boolean)
    .join(", ");

const intentColumns = (site: Manifest): Column<ManifestIntent>[] => [
  { title: "intent", value: ({ name }) => name },
  { title: "arguments", value: ({ input_schema }) => describeFields(input_schema), shrinks: true },
  { title: "remarks", value: (intent) => remarks(intent, ownCredential(intent.auth, site.auth)) },
  { title: "description", value: ({ description }) => description, shrinks: true },
];

/** Each step after one that leads to it: a Python site lists them by the alphabet. */
function inOrder(steps: ManifestFlow["steps"]): string[] {
  const names = steps.filter(({ entry }) => entry).map(({ name }) => name);
  for (const name of names) {
    const next = steps.find((step) => step.name === name)?.next_steps ?? [];
    names.push(...next.filter((one) => !names.includes(one)));
  }
  return [...names, ...steps.map(({ name }) => name).filter((name) => !names.includes(name))];
}

const flowColumns = (site: Manifest): Column<ManifestFlow>[] => [
  { title: "flow", value: ({ name }) => name },
  { title: "kept by", value: ({ orchestration }) => orchestration },
  { title: "steps", value: ({ steps }) => inOrder(steps).join(" → "), shrinks: true },
  { title: "remarks", value: (flow) => remarks(flow, flowCredential(flow, site.auth)), shrinks: true },
  { title: "description", value: ({ description }) => description, shrinks: true },
];
