import { type AgentGateClient, type AuditOptions, GatewayError } from "@agentgate/client";
import type { AuditEntry, AuditReport } from "@agentgate/protocol";
import { type Command, InvalidArgumentError, Option } from "commander";
import { wholeNumber } from "../arguments.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { examples } from "../examples.ts";
import { findOrgId, ORG_ARGUMENT } from "../find-org.ts";
import { addGlobalOptions } from "../global-options.ts";
import { formatCount, formatTime } from "../output/format.ts";
import type { Column } from "../output/table.ts";
import type { DefineCommand } from "./define-command.ts";

const usedLike = examples(
  ["agentgate audit list --action agent. --from 2026-11-21", "what was done to agents since then, newest first"],
  ["agentgate audit list --actor KEY", "what somebody did with this key"],
  ["agentgate audit export --format csv > audit.csv", "all of it, for a spreadsheet"],
  ["agentgate audit verify", "prove that nothing was changed, by what the gateway hands out"],
  ["agentgate audit verify --file audit.ndjson", "the same of what was exported; no gateway need run"],
  [
    "agentgate audit verify --data ./.agentgate --head 1204:9f3c…",
    "an embedded database, which must have come by this head",
  ],
);

export const defineAudit: DefineCommand = (command, cli) => {
  command.helpCommand(false).addHelpText("after", usedLike);
  defineList(command.command("list"), cli);
  defineExport(command.command("export"), cli);
  defineVerify(command.command("verify"), cli);
  for (const sub of command.commands) addGlobalOptions(sub).addHelpText("after", usedLike);
};

interface Filter extends Pick<AuditOptions, "actor" | "action" | "target" | "from" | "to"> {
  org?: string;
  request?: string;
}

const withFilter = (command: Command) =>
  command
    .option("--org <org>", `what concerns it: ${ORG_ARGUMENT}`)
    .option("--actor <actor>", "admin, org, gateway, or the id of a key or an organization")
    .option("--action <action>", "agent.changed, or agent. for all that is done to agents")
    .option("--target <id>", "what something was done to")
    .option("--request <id>", "the X-Request-Id of the call that did it")
    .option("--from <time>", "from this time on (ISO 8601; a date is its beginning in UTC)", time)
    .option("--to <time>", "before this time", time);

function time(text: string): string {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) throw new InvalidArgumentError("Not a time such as 2026-11-21 or 2026-11-21T12:00Z.");
  return at.toISOString();
}

const defineList = (command: Command, cli: Cli) =>
  withFilter(command.description("List changes, newest first"))
    .option("--limit <n>", "how many at most", wholeNumber(1, 100_000), 50)
    .action(async ({ limit, ...filter }: Filter & { limit: number }) => {
      const client = await cli.client();
      const orgId = await orgOf(client, filter.org);
      const found: AuditEntry[] = [];
      for (let before: string | undefined; found.length < limit; ) {
        const options = { ...optionsOf(filter), before, limit: Math.min(500, limit - found.length) };
        const page = orgId === undefined ? await client.listAudit(options) : await client.listOrgAudit(orgId, options);
        found.push(...page.entries);
        if (page.next === null || page.next === before) break;
        before = page.next;
      }
      cli.output.result(found, () => {
        if (found.length > 0) cli.output.table(found, columns);
        else cli.output.line("Nothing like this was changed.");
      });
    });

const defineExport = (command: Command, cli: Cli) =>
  withFilter(command.description("Write all changes out, oldest first"))
    .addOption(new Option("--format <format>", "lines of JSON, or CSV").choices(["ndjson", "csv"]).default("ndjson"))
    .action(async ({ format, ...filter }: Filter & { format: "ndjson" | "csv" }) => {
      const client = await cli.client();
      const orgId = await orgOf(client, filter.org);
      for await (const text of client.exportAudit(format, { ...optionsOf(filter), ...(orgId && { orgId }) }))
        if (!process.stdout.write(text)) await new Promise((resolve) => process.stdout.once("drain", resolve));
    });

interface VerifyOptions {
  data?: string;
  file?: string;
  part?: boolean;
  head?: { seq: number; hash: string }[];
}

const defineVerify = (command: Command, cli: Cli) =>
  command
    .description("Prove that no row was changed, moved or taken out; names those that were, and exits with 1")
    .option("--data <dir>", "the embedded database of this directory; no gateway need run")
    .option("--file <file>", "what was written out with --format ndjson by the admin")
    .option("--part", "of a file with rows left out on purpose")
    .option(
      "--head <seq:hash>",
      "a head that was noted before, which the chain has to have come by; repeat it",
      readHead,
    )
    .action(async (options: VerifyOptions) => {
      const report = await verify(cli, options);
      cli.output.result(report, () => describe(cli, report));
      if (!report.ok) throw new CliError("audit_invalid", `the audit log is not intact: ${firstProblem(report)}`);
    });

function readHead(text: string, before: { seq: number; hash: string }[] = []) {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (seq === undefined || hash === undefined)
    throw new InvalidArgumentError("A head is SEQ:HASH, as verify tells it.");
  return [...before, { seq: Number(seq), hash }];
}

async function verify(cli: Cli, { data, file, part, head }: VerifyOptions): Promise<AuditReport> {
  const { verifyAudit } = await import("@agentgate/gateway");
  const databaseUrl = process.env.DATABASE_URL;
  try {
    if (file !== undefined) return await verifyAudit({ file, ...(part && { isPart: true }) });
    if (data !== undefined) return await verifyAudit({ dataDirectory: data }, head);
    if (databaseUrl) return await verifyAudit({ databaseUrl }, head);
  } catch (error) {
    throw new CliError("audit_unreadable", (error as Error).message, {
      exitCode: (error as NodeJS.ErrnoException).code === "ENOENT" ? 2 : 1,
      hint: "Give --file, --data with the gateway's data directory (AGENTGATE_DATA_DIR), or DATABASE_URL.",
    });
  }
  const client = await cli.client();
  return verifyAudit({ lines: linesOf(client.exportAudit("ndjson")) });
}

async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of pieces) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest) yield rest;
}

/** Whose log it is: the one that was named, or that of the key; undefined is everybody's, the admin's. */
async function orgOf(client: AgentGateClient, given: string | undefined): Promise<string | undefined> {
  if (given !== undefined) return findOrgId(client, given);
  const own = await client.getMyOrg().catch((error: unknown) => {
    if (GatewayError.isInstance(error) && error.status === 404) return undefined;
    throw error;
  });
  return own?.id;
}

const optionsOf = ({ org: _, request, ...filter }: Filter) => ({ ...filter, requestId: request });

const columns: Column<AuditEntry>[] = [
  { title: "at", value: ({ at }) => formatTime(at) },
  { title: "who", value: ({ actor }) => actor.name ?? actor.key_id ?? actor.org_id ?? actor.kind, shrinks: true },
  { title: "action", value: ({ action }) => action },
  { title: "target", value: ({ target }) => target.name ?? target.id ?? target.kind, shrinks: true },
  { title: "changes", value: ({ changes }) => changes.map(({ field }) => field).join(" "), shrinks: true },
  { title: "from", value: ({ ip }) => ip ?? "" },
];

function describe({ output }: Cli, report: AuditReport): void {
  output.line(
    report.ok
      ? `${output.style("green", "●")} The audit log is intact`
      : `${output.style("red", "●")} The audit log is not intact`,
  );
  output.fields([
    ["Rows", formatCount(report.rows)],
    ["Waiting", formatCount(report.waiting)],
    ["Head", `${report.head.seq}:${report.head.hash}`],
    ...(report.anchor.seq > 0 ? [["Follows", `${report.anchor.seq}:${report.anchor.hash}`] as [string, string]] : []),
  ]);
  if (report.problems.length === 0) return;
  output.line();
  output.table(report.problems, [
    { title: "SEQ", value: ({ seq }) => (seq === null ? "" : `${seq}`) },
    { title: "ROW", value: ({ id }) => id ?? "" },
    { title: "PROBLEM", value: ({ message }) => message },
  ]);
}

function firstProblem({ problems: [first] }: AuditReport): string {
  if (!first) return "no problem was named";
  return `${first.seq === null ? "" : `link ${first.seq}: `}${first.message}${first.id === null ? "" : ` (${first.id})`}`;
}
