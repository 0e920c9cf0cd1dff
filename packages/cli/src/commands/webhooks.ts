import type { AgentGateClient } from "@agentgate/client";
import type { WebhookAttempt, WebhookDelivery, WebhookDeliveryStatus, WebhookEndpoint } from "@agentgate/protocol";
import { type Command, Option } from "commander";
import { wholeNumber } from "../arguments.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { examples } from "../examples.ts";
import { addGlobalOptions } from "../global-options.ts";
import { formatMilliseconds, formatTime } from "../output/format.ts";
import type { Column } from "../output/table.ts";
import { defineCreate, defineRemove, defineRotateSecret, defineUpdate } from "../webhooks/endpoint-changes.ts";
import { forwarderTo } from "../webhooks/forward.ts";
import { newDeliveries } from "../webhooks/new-deliveries.ts";
import type { DefineCommand } from "./define-command.ts";

const usedLike = examples(
  [
    "agentgate webhooks create https://example.com/hook --events task.failed,wallet.low",
    "signed; its secret is shown once",
  ],
  ["agentgate webhooks endpoints", "who is told, and what is wrong with those who are not"],
  ["agentgate webhooks update ENDPOINT --status enabled", "one that was disabled is told again"],
  ["agentgate webhooks list --status failed", "what did not arrive, newest first; times are UTC"],
  ["agentgate webhooks show DELIVERY", "its body, and each attempt"],
  ["agentgate webhooks resend --endpoint ENDPOINT --from 2026-11-21", "all that failed since then"],
  ["agentgate webhooks test ENDPOINT", "does it hear?"],
  ["agentgate webhooks listen --forward http://localhost:3000/hook", "try a receiver on this machine"],
);

interface ListOptions {
  endpoint?: string;
  agent?: string;
  event?: string;
  status?: WebhookDeliveryStatus;
  limit: number;
}

interface ResendOptions {
  endpoint?: string;
  from?: string;
  to?: string;
  status: "failed" | "delivered";
}

const statusOption = (choices: readonly string[]) => new Option("--status <status>", "only these").choices(choices);

export const defineWebhooks: DefineCommand = (command, cli) => {
  command.helpCommand(false).addHelpText("after", usedLike);
  defineEndpoints(command.command("endpoints"), cli);
  defineCreate(command.command("create"), cli);
  defineUpdate(command.command("update"), cli);
  defineRotateSecret(command.command("rotate-secret"), cli);
  defineRemove(command.command("delete"), cli);
  defineList(command.command("list"), cli);
  defineShow(command.command("show").argument("<delivery>", "its id"), cli);
  defineResend(command.command("resend").argument("[delivery]", "its id"), cli);
  defineTest(command.command("test").argument("<endpoint>", "its id; of an agent's webhook_url, the agent's"), cli);
  defineListen(command.command("listen"), cli);
  for (const sub of command.commands) addGlobalOptions(sub).addHelpText("after", usedLike);
};

const defineEndpoints = (command: Command, cli: Cli) =>
  command.description("List who is told").action(async () => {
    const endpoints = await (await cli.client()).listWebhookEndpoints();
    cli.output.result(endpoints, () => {
      if (endpoints.length > 0) cli.output.table(endpoints, endpointColumns);
      else
        cli.output.line(
          "Nobody is told yet. An agent's webhook_url is, and what `agentgate webhooks create URL` makes.",
        );
    });
  });

const endpointColumns: Column<WebhookEndpoint>[] = [
  { title: "id", value: ({ id }) => id },
  { title: "url", value: ({ url }) => url, shrinks: true },
  { title: "events", value: ({ events }) => events.join(", ") || "all", shrinks: true },
  { title: "status", value: ({ status }) => status },
  { title: "why", value: ({ disabled_reason, failing_since }) => disabled_reason ?? (failing_since ? "it fails" : "") },
];

const defineList = (command: Command, cli: Cli) =>
  command
    .description("List what was and is to be told, newest first")
    .option("--endpoint <id>", "only to this one")
    .option("--agent <id>", "only of this agent")
    .option("--event <event>", "only these, such as task.failed")
    .addOption(statusOption(["pending", "delivered", "failed"]))
    .option("--limit <n>", "most to show", wholeNumber(1, 500), 50)
    .action(async ({ endpoint, agent, ...options }: ListOptions) => {
      const client = await cli.client();
      const page = await client.listWebhookDeliveries({ endpointId: endpoint, agentId: agent, ...options });
      cli.output.result(page, () => {
        if (page.entries.length === 0) return cli.output.line("Nothing was told.");
        cli.output.table(page.entries, deliveryColumns(cli));
        if (page.next !== null) cli.output.note(`There is more behind the ${options.limit} newest: raise --limit`);
      });
    });

const deliveryColumns = ({ output }: Cli): Column<WebhookDelivery>[] => [
  { title: "time", value: ({ created_at }) => formatTime(created_at) },
  { title: "event", value: ({ event }) => event },
  {
    title: "status",
    value: ({ status }) => status,
    style: (text, { status }) => output.style(colours[status], text),
  },
  { title: "attempts", value: ({ attempt_count }) => `${attempt_count}`, align: "right" },
  { title: "receiver", value: ({ receiver }) => receiver, shrinks: true },
  { title: "error", value: ({ last_attempt }) => last_attempt?.error ?? "", shrinks: true },
  { title: "id", value: ({ id }) => id },
];

const colours = { pending: "yellow", delivered: "green", failed: "red" } as const;

const defineShow = (command: Command, cli: Cli) =>
  command.description("Show a delivery, its body and each attempt").action(async (id: string) => {
    const delivery = await (await cli.client()).getWebhookDelivery(id);
    cli.output.result(delivery, () => {
      const { next_attempt_at: next } = delivery;
      cli.output.fields([
        ["Id", delivery.id],
        ["Event", delivery.event],
        ["Receiver", delivery.receiver],
        ["Status", delivery.status],
        ...(next === null ? [] : [["Next attempt", `${formatTime(next)} UTC`] as const]),
        ["Body", delivery.body],
        ...delivery.attempts.map((attempt, at) => [`Attempt ${at + 1}`, toldOf(attempt)] as const),
      ]);
    });
  });

const toldOf = ({ at, status, ms, error, response_head }: WebhookAttempt): string =>
  `${formatTime(at)} UTC, ${formatMilliseconds(ms)}: ${error ?? `status ${status}`}${response_head ? ` — ${response_head}` : ""}`;

const defineResend = (command: Command, cli: Cli) =>
  command
    .description("Tell one again, or all of an endpoint's of a time")
    .option("--endpoint <id>", "all of this one's")
    .option("--from <time>", "those written then or later, such as 2026-11-21 or 2026-11-21T08:00:00Z")
    .option("--to <time>", "and before then")
    .addOption(statusOption(["failed", "delivered"]).default("failed"))
    .action(async (id: string | undefined, { endpoint, from, to, status }: ResendOptions) => {
      const client = await cli.client();
      if (id !== undefined && endpoint === undefined) {
        const delivery = await client.sendWebhookAgain(id);
        return cli.output.result(delivery, () =>
          cli.output.done(`${delivery.event} is told again to ${delivery.receiver}`),
        );
      }
      if (id !== undefined || endpoint === undefined || from === undefined) {
        throw new CliError("invalid_options", "Name a delivery, or an --endpoint with --from", { exitCode: 2 });
      }
      const range = { from: timeOf(from), ...(to !== undefined && { to: timeOf(to) }), status };
      let resent = 0;
      for (let after: string | undefined; ; ) {
        const page = await client.sendWebhooksAgain(endpoint, { ...range, after });
        resent += page.resent;
        if (page.next === null) break;
        after = page.next;
      }
      cli.output.result({ resent }, () => cli.output.done(`${resent} ${resent === 1 ? "is" : "are"} told again`));
    });

function timeOf(text: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) {
    throw new CliError("invalid_options", `"${text}" is no time: say one such as 2026-11-21T08:00:00Z`, {
      exitCode: 2,
    });
  }
  return time.toISOString();
}

const TEST_LOOKS = 50;
const TEST_LOOK_MS = 500;

const defineTest = (command: Command, cli: Cli) =>
  command.description("Send an endpoint a test, and tell what came of it").action(async (id: string) => {
    const client = await cli.client();
    const { id: delivery } = await client.sendWebhookTest(id);
    const attempted = await firstAttempt(client, delivery);
    const { last_attempt: last, receiver } = attempted;
    cli.output.result(attempted, () => {
      if (attempted.status === "delivered") cli.output.done(`${receiver} took it in ${formatMilliseconds(last!.ms)}`);
    });
    if (attempted.status === "delivered") return;
    throw new CliError("not_delivered", `${receiver} did not take it: ${last?.error ?? "no attempt was made yet"}`, {
      hint: `It is tried again; agentgate webhooks show ${delivery}`,
    });
  });

async function firstAttempt(client: AgentGateClient, id: string): Promise<WebhookDelivery> {
  for (let look = 0; ; look++) {
    const delivery = await client.getWebhookDelivery(id);
    if (delivery.attempt_count > 0 || look === TEST_LOOKS) return delivery;
    await new Promise((resolve) => setTimeout(resolve, TEST_LOOK_MS));
  }
}

const defineListen = (command: Command, cli: Cli) =>
  command
    .description("Print deliveries as they are made, until Ctrl-C")
    .option("--forward <url>", "also send each to this address, such as one on this machine")
    .option("--event <event>", "only these")
    .addHelpText(
      "after",
      "\nWhat is forwarded is signed with AGENTGATE_WEBHOOK_SECRET, where that is set: the secret that your receiver checks with.",
    )
    .action(async ({ forward, event }: { forward?: string; event?: string }) => {
      const client = await cli.client();
      const send = forward === undefined ? undefined : forwarderTo(forward, process.env.AGENTGATE_WEBHOOK_SECRET);
      const listening = () => cli.output.progress("listening; Ctrl-C ends it");
      for await (const delivery of newDeliveries(client, { event, listening })) {
        const line = [formatTime(delivery.created_at), delivery.event, delivery.status, delivery.receiver, delivery.id];
        cli.output.result(delivery, () => cli.output.text(line.join("  ")));
        if (!send) continue;
        const { body } = await client.getWebhookDelivery(delivery.id);
        const became = await send({ id: delivery.id, body });
        if (!cli.output.json) cli.output.text(`  → ${forward}: ${became}`);
      }
    });
