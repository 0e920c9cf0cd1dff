import type { OrgLimit, WalletEntry, WalletHold } from "@agentgate/protocol";
import type { Command } from "commander";
import { wholeNumber } from "../arguments.ts";
import type { Cli } from "../cli.ts";
import { findOrgId } from "../find-org.ts";
import { formatCount, formatDollars, formatMilliseconds, formatTime } from "../output/format.ts";
import type { Column } from "../output/table.ts";

interface PageOptions {
  limit: number;
  before?: string;
}

const paged = (command: Command) =>
  command
    .option("--limit <n>", "most to show", wholeNumber(1, 500), 50)
    .option("--before <next>", "goes on where the page before ended, as it said");

/** What has moved a wallet. */
export const defineEntries = (command: Command, cli: Cli) =>
  paged(command.description("List what has moved the wallet, with the balance after each")).action(
    async (given: string, { limit, before }: PageOptions) => {
      const client = await cli.client();
      const page = await client.listOrgEntries(await findOrgId(client, given), { limit, before });
      show(cli, page, entryColumns, "Nothing has moved this wallet yet.");
    },
  );

const entryColumns: Column<WalletEntry>[] = [
  { title: "time", value: ({ transaction }) => formatTime(transaction.created_at) },
  { title: "seq", value: ({ seq }) => `${seq}`, align: "right" },
  { title: "type", value: ({ transaction }) => transaction.tx_type },
  { title: "agent", value: ({ transaction }) => transaction.agent_name, shrinks: true },
  { title: "change", value: ({ change }) => formatDollars(change), align: "right" },
  { title: "balance", value: ({ balance }) => formatDollars(balance), align: "right" },
  { title: "call", value: ({ call_id }) => call_id ?? "" },
];

/** What is put aside in it. */
export const defineHolds = (command: Command, cli: Cli) =>
  paged(command.description("List what is put aside for calls under way")).action(
    async (given: string, { limit, before }: PageOptions) => {
      const client = await cli.client();
      const page = await client.listOrgHolds(await findOrgId(client, given), { limit, before });
      show(cli, page, holdColumns, "Nothing is put aside.");
    },
  );

const holdColumns: Column<WalletHold>[] = [
  { title: "since", value: ({ created_at }) => formatTime(created_at) },
  { title: "amount", value: ({ amount }) => formatDollars(amount), align: "right" },
  { title: "type", value: ({ tx_type }) => tx_type },
  { title: "lapses in", value: ({ lapses_in_ms }) => formatMilliseconds(lapses_in_ms), align: "right" },
  { title: "call", value: ({ call_id }) => call_id ?? "" },
];

/** How much may still be asked. */
export const defineLimits = (command: Command, cli: Cli) =>
  command.description("List rate limits and what is left of them").action(async (given: string) => {
    const client = await cli.client();
    const limits = await client.listOrgLimits(await findOrgId(client, given));
    cli.output.result(limits, () => cli.output.table(limits, limitColumns));
  });

const limitColumns: Column<OrgLimit>[] = [
  { title: "scope", value: ({ scope }) => scope },
  { title: "per second", value: ({ rate }) => `${rate}`, align: "right" },
  { title: "at once", value: ({ burst }) => formatCount(burst), align: "right" },
  { title: "left", value: ({ tokens }) => (tokens === null ? "each address" : `${tokens}`), align: "right" },
  { title: "refused in 1 h", value: ({ rejected_1h }) => formatCount(rejected_1h), align: "right" },
];

function show<T>({ output }: Cli, page: { entries: T[]; next: string | null }, columns: Column<T>[], none: string) {
  output.result(page, () => {
    if (page.entries.length === 0) output.line(none);
    else output.table(page.entries, columns);
    if (page.next !== null) output.note(`more with --before ${page.next}`);
  });
}
