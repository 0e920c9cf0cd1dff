import type { Agent } from "@agentgate/client";
import { useQuery } from "@tanstack/react-query";
import { sessionQuery } from "../../app/session.ts";

/** Whether whoever is signed in may change the agent: its owner, and the admin. */
export function useOwns({ org_id }: Pick<Agent, "org_id">): boolean {
  const { data: session } = useQuery(sessionQuery);
  return session !== undefined && (session.kind === "admin" || session.org_id === org_id);
}
