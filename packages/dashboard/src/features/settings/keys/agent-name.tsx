import { shortText } from "@agentgate/protocol/format";
import { useQuery } from "@tanstack/react-query";
import { gateway } from "../../../app/api.ts";

const NAME_MAX = 40;

/** An agent's name beside its id, where it can be seen; else the id alone. */
export function AgentName({ id }: { id: string }) {
  const { data } = useQuery({
    queryKey: ["agent", id, "name"],
    queryFn: async ({ signal }) => (await gateway.getAgent(id, { signal })).name,
    staleTime: 300_000,
    retry: false,
  });
  return (
    <>
      {data !== undefined && shortText(data, NAME_MAX)} <code className="text-ink-3">{id.slice(0, 8)}</code>
    </>
  );
}
