import { useSampleAgent } from "../../app/use-sample-agent.ts";
import { Empty } from "../../ui/empty.tsx";

/** An empty list, with what makes a checkout for one task of an agent. */
export function NothingBought({ children }: { children: string }) {
  const agentId = useSampleAgent({ isPriced: true });
  const command = `curl -s ${location.origin}/ucp/checkout \\
  -H "authorization: Bearer $AGENTGATE_API_KEY" -H 'content-type: application/json' \\
  -d '{"agent_id":"${agentId}","task":{"id":"task-1","message":{"parts":[{"type":"text","text":"Hello!"}]}}}'`;
  return <Empty command={command}>{children}</Empty>;
}
