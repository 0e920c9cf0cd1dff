import type { VendorNames } from "./namespace.ts";
import { WALLET_HANDLER, WALLET_INSTRUMENT } from "./wallet.ts";

/** What a profile's `schema` of the extension leads to. */
export function taskSchema(url: string, { task }: VendorNames) {
  const message = {
    description: "A message of A2A, or plain text",
    anyOf: [
      { type: "string", minLength: 1 },
      { type: "object", properties: { parts: { type: "array" } } },
    ],
  };
  const input = {
    type: "object",
    properties: {
      message: { ...message, description: "What the agent is to do; the same for each task of the line" },
      messages: { type: "array", items: message, description: "One message for each task of the line" },
      context_id: { type: "string", description: "The A2A context that the messages belong to" },
    },
  };
  const run = {
    type: "object",
    properties: {
      task_id: { type: "string" },
      context_id: { type: "string" },
      state: {
        type: "string",
        description: "State of the A2A task, such as working, input-required, completed, failed",
      },
      transaction_id: { type: "string", description: "In the wallet's ledger" },
      artifacts: { type: "array" },
      result: { description: "The agent's JSON, where it is small" },
      result_url: { type: "string", format: "uri", description: "The agent's JSON" },
      a2a: { type: "object", properties: { url: { type: "string", format: "uri" }, task_id: { type: "string" } } },
      error: { type: "object", properties: { code: { type: "string" }, content: { type: "string" } } },
    },
  };
  const output = { ...run, properties: { ...run.properties, runs: { type: "array", items: { $ref: "#/$defs/run" } } } };
  const onLines = (schema: object) => ({
    type: "object",
    properties: {
      line_items: { type: "array", items: { type: "object", properties: { [task]: schema } } },
    },
  });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: `${url}/ucp/schemas/agent_task.json`,
    name: task,
    title: "Agent task",
    description: "What an agent is to do, on the line of a checkout; what it answered, on the line of the order",
    requires: { protocol: { min: "2026-04-08" } },
    $defs: {
      input,
      run,
      output,
      "dev.ucp.shopping.checkout": onLines({ allOf: [{ $ref: "#/$defs/input" }, { $ref: "#/$defs/output" }] }),
      "dev.ucp.shopping.order": onLines({ $ref: "#/$defs/output" }),
    },
  };
}

/** What a profile's `schema` of the payment handler leads to. */
export function walletSchema(url: string, { wallet }: VendorNames) {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: `${url}/ucp/schemas/wallet.json`,
    name: wallet,
    title: "Wallet",
    $defs: {
      config: { type: "object", properties: { currency: { type: "string", const: "USD" } }, required: ["currency"] },
      instrument: {
        type: "object",
        required: ["id", "handler_id", "type"],
        properties: {
          id: { type: "string", pattern: "^wallet:" },
          handler_id: { type: "string", const: WALLET_HANDLER },
          type: { type: "string", const: WALLET_INSTRUMENT },
          display: {
            type: "object",
            properties: {
              label: { type: "string" },
              balance_minor: { type: "integer", description: "Cents that are free, rounded down" },
              currency: { type: "string" },
            },
          },
        },
      },
    },
  };
}

/** What a profile's `spec` of the extension leads to. */
export const taskText = ({ task }: VendorNames): string => `# Agent tasks

\`${task}\` extends checkouts and orders. It stands on each line item, under its own name.

On a checkout, say what the agent is to do: \`{"message": …}\`, an A2A message or plain text; the same for every task of the line. A line of
several tasks takes \`messages\` in its place, one for each. A checkout without them stays \`incomplete\` and says \`task_input_required\`.

On a completed checkout and on its order stands what came of it: \`state\`, \`task_id\`, \`transaction_id\`, and the agent's JSON as \`result\` or,
where it is large, at \`result_url\`; of several tasks, each under \`runs\`. An agent of A2A also says where its task goes on: \`a2a\`.

A task that fails is not charged: its item is \`removed\`, with an adjustment of type \`cancellation\`. If nothing came of any task, the checkout can be
completed again.
`;

/** What a profile's `spec` of the payment handler leads to: the questions that every handler's page has to answer. */
export const walletText = ({ wallet }: VendorNames): string => `# Wallet

\`${wallet}\`, instance \`${WALLET_HANDLER}\`: an organization of this gateway pays from its prepaid wallet, in US dollars.

- **Participants**: the gateway, which is the merchant of record; the organization, whose wallet pays; the platform, which acts with its key.
- **Prerequisites**: an organization's key, shown as \`Authorization: Bearer\` or \`X-API-Key\`, and money in its wallet.
- **Declaration**: \`config.currency\`; one kind of instrument, \`${WALLET_INSTRUMENT}\`.
- **Acquisition**: none. A checkout shows its owner the instrument, \`payment.instruments[0]\`; whoever completes it echoes that.
- **Processing**: on completion the price of each task is put aside, and paid when the agent has answered; what fails is let go at once.
- **Credentials**: none beside the key, which is never echoed. It is rotated with \`POST /orgs/{id}/rotate-key\`.
- **Errors**: \`insufficient_funds\` (fill the wallet, then complete again), \`payment_failed\` (another instrument than the wallet, or money that
  was spent meanwhile), \`identity_required\` (nobody's key was shown). All are recoverable, and nothing was charged.
`;
