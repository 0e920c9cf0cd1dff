import type { AgentGateClient } from "@agentgate/client";
import type { Me } from "@agentgate/protocol";

/** Whose a key is. */
export interface Owner {
  me: Me;
  /** Its name, or its id where the key may not ask for it; null for the admin. */
  organization: string | null;
}

/** Whose key it is. @throws GatewayError when it is nobody's */
export async function ownerOf(client: AgentGateClient): Promise<Owner> {
  const me = await client.me();
  if (me.org_id === null) return { me, organization: null };
  // A key that was made for something may not be allowed to read its organization.
  const organization = await client.getMyOrg().then(
    ({ name }) => name,
    () => me.org_id,
  );
  return { me, organization };
}
