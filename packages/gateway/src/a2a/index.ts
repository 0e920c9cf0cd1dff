export { sealedPushConfigs } from "./push/push-configs.ts";
export { type A2ARoomOptions, openA2A } from "./room.ts";
export { sealedSigningKey } from "./signing-key-store.ts";
