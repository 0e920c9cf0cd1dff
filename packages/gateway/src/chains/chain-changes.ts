import { type AuditedChange, asIs, asSecret, type CompleteTelling, changesBetween } from "../audit/index.ts";
import type { Chain, StepKeys } from "./chain.ts";

/** What the audit log tells of a chain. */
const telling: CompleteTelling<Chain & { keys: StepKeys | undefined }, "id" | "orgId" | "createdAt" | "updatedAt"> = {
  name: ["name", asIs],
  description: ["description", asIs],
  steps: [
    "steps",
    (steps: Chain["steps"]) =>
      asIs(
        steps.map(({ agentId, inputTemplate, skill }) => ({ agent_id: agentId, input_template: inputTemplate, skill })),
      ),
  ],
  keys: ["agent_api_keys", (keys: StepKeys | undefined) => asIs(keys?.map((key) => asSecret(key)))],
};

interface Told {
  chain: Chain;
  /** Undefined where they are not told. */
  keys: StepKeys | undefined;
}

export function chainChange(
  deed: "created" | "changed" | "deleted",
  before: Told | undefined,
  after: Told | undefined,
): AuditedChange {
  const [from, to] = [before, after].map((state) => state && { ...state.chain, keys: state.keys });
  const { id, name, orgId } = (to ?? from)!;
  return {
    action: `chain.${deed}`,
    orgId,
    target: { kind: "chain", id, name },
    changes: changesBetween(telling, from, to),
  };
}
