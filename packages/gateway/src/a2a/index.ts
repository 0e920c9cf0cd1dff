export type { A2ACall, A2AReply } from "./call.ts";
export { sealedSigningKey } from "./card-key.ts";
export type { Shop } from "./faces/shop-entrance.ts";
export { sealedPushConfigs } from "./push/push-configs.ts";
export { type A2ARoom, type A2ARoomOptions, openA2A } from "./room.ts";
