import type { ReactNode } from "react";
import { useSample } from "../app/use-sample-agent.ts";
import { Empty } from "./empty.tsx";

/** Where there are no calls yet: one sentence, and the command that makes one, with a key where that takes one. */
export function CallAnAgent({ isPaid = false, children }: { isPaid?: boolean | undefined; children: ReactNode }) {
  const agent = useSample({ isPriced: isPaid });
  const headers = [
    ...(agent?.requires_key ? ['-H "authorization: Bearer $AGENT_KEY"'] : []),
    ...(agent && agent.price_per_task > 0
      ? [`-H "${agent.requires_key ? "x-agentgate-payer-key: " : "authorization: Bearer "}$AGENTGATE_API_KEY"`]
      : []),
    "-H 'content-type: application/json'",
  ];
  const call = `curl -s ${location.origin}/agents/${agent?.id ?? "AGENT_ID"}/task ${headers.join(" \\\n  ")} \\
  -d '{"message":{"role":"user","parts":[{"type":"text","text":"Hello!"}]}}'`;
  return <Empty command={call}>{children}</Empty>;
}
