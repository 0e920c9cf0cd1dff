import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { echo, type TestGateway } from "../testing/index.ts";
import { lineOf, paying, type Shop, startShop } from "./testing/shop.ts";

/** What the protocol lets follow on what, whoever asks for what in whatever order. */
const MAY_FOLLOW: Record<string, readonly string[]> = {
  incomplete: ["incomplete", "ready_for_complete", "canceled"],
  ready_for_complete: ["ready_for_complete", "incomplete", "complete_in_progress", "completed", "canceled"],
  complete_in_progress: ["complete_in_progress", "completed", "ready_for_complete"],
  completed: ["completed"],
  canceled: ["canceled"],
};

type Step =
  | "get"
  | "complete"
  | "complete twice"
  | "cancel"
  | "ask for input"
  | "give input"
  | "fail"
  | "recover"
  | "spend"
  | "earn";
const steps = fc.array(
  fc.constantFrom<Step>(
    ...(["get", "complete", "complete", "complete twice", "cancel"] as const),
    ...(["ask for input", "give input", "fail", "recover", "spend", "earn"] as const),
  ),
  { minLength: 1, maxLength: 12 },
);

let shop: Shop;
let other: TestGateway;
let agentId: string;
beforeAll(async () => {
  shop = await startShop("sqlite");
  other = await shop.gate.another();
  agentId = await shop.sell("Echo", 1);
});
afterAll(() => shop.close());

test("whatever is asked for in whatever order, each answer is one that may follow, and each completion is paid once", async () => {
  let isFailing = false;
  shop.does((task, response, request) => (isFailing ? response.writeHead(500).end() : echo(task, response, request)));
  await fc.assert(
    fc.asyncProperty(steps, async (asked) => {
      isFailing = false;
      const org = await shop.gate.createOrg(`Buyer ${crypto.randomUUID()}`, { rate_limit: 1e6, rate_burst: 1e6 });
      await shop.gate.call("POST", `/orgs/${org.id}/topup`, { amount: 1 });
      const call = (method: string, path: string, body?: unknown, node = shop.gate) =>
        shop.ucp(method, `/checkout-sessions${path}`, body, { key: org.key, node });
      const { id } = (await call("POST", "", { line_items: [lineOf(agentId)] })).body;
      let status = "ready_for_complete";
      let given = 1;
      const received = shop.agent.received.length;
      let succeeded = 0;
      const see = ({ status: http, body }: { status: number; body: any }) => {
        expect(http).toBe(200);
        expect(MAY_FOLLOW[status], `${status} → ${body.status}`).toContain(body.status);
        status = body.status;
        expect("order" in body).toBe(status === "completed");
        if (status === "incomplete") expect(body.messages.length).toBeGreaterThan(0);
        return body;
      };
      const pay = (node?: TestGateway) => call("POST", `/${id}/complete`, paying(org.id), node);
      for (const step of asked) {
        if (step === "get") see(await call("GET", `/${id}`));
        if (step === "complete") see(await pay());
        if (step === "complete twice") for (const answer of await Promise.all([pay(), pay(other)])) see(answer);
        if (step === "cancel") see(await call("POST", `/${id}/cancel`));
        if (step === "ask for input" || step === "give input") {
          const bare = { item: { id: `agent_${agentId}:task` }, quantity: 1 };
          const line = step === "give input" ? lineOf(agentId) : bare;
          see(await call("PUT", `/${id}`, { line_items: [line] }));
        }
        if (step === "fail") isFailing = true;
        if (step === "recover") isFailing = false;
        if (step === "earn") {
          await shop.gate.call("POST", `/orgs/${org.id}/topup`, { amount: 1 });
          given++;
        }
        // Somebody else pays with the same wallet meanwhile.
        if (step === "spend" && status !== "completed") {
          const before = (await shop.gate.call("GET", `/orgs/${org.id}/wallet`)).body.balance;
          if (before >= 1) {
            isFailing = false;
            await shop.gate.call(
              "POST",
              `/agents/${agentId}/task`,
              { message: { parts: [{ text: "other" }] } },
              org.key,
            );
            given--;
          }
        }
        succeeded = status === "completed" ? 1 : 0;
      }
      const wallet = await shop.wallet(org);
      expect(wallet).toMatchObject({ balance: given - succeeded, held: 0 });
      const paid = (await shop.gate.call("GET", `/orgs/${org.id}/transactions?role=payer`)).body;
      expect(paid.filter(({ tx_type }: any) => tx_type === "ucp_checkout")).toHaveLength(succeeded);
      if (succeeded) expect(shop.agent.received.length).toBeGreaterThan(received);
    }),
    { seed: Number(process.env.AGENTGATE_SEED ?? 1), numRuns: process.env.AGENTGATE_SOAK ? 500 : 25 },
  );
  expect((await shop.gate.call("GET", "/admin/ledger/verify")).body).toMatchObject({ ok: true });
});
