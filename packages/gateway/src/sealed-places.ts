import { sealedPushConfigs, sealedSigningKey } from "./a2a/index.ts";
import { sealedCredentials } from "./agents/index.ts";
import { sealedChainKeys } from "./chains/index.ts";
import { sealedDeploymentSecrets } from "./deploy/index.ts";
import { sealedToolTasks } from "./routing/index.ts";
import type { SealedPlace } from "./secrets/index.ts";
import { sealedUcpKeys } from "./ucp/index.ts";
import { sealedWebhookSecrets } from "./webhooks/index.ts";

/** Everything that is sealed in a gateway's database. */
export const sealedPlaces: readonly SealedPlace[] = [
  sealedSigningKey,
  sealedCredentials,
  sealedToolTasks,
  sealedPushConfigs,
  sealedUcpKeys,
  sealedDeploymentSecrets,
  sealedChainKeys,
  sealedWebhookSecrets,
];
