export { shopExtensions } from "./checkout-messages.ts";
export type { BoundAnswer, RestBinding } from "./rest-binding.ts";
export { openUcp, type UcpRoom, type UcpRoomOptions } from "./room.ts";
export { sealedUcpKeys } from "./signing-key-store.ts";
export { topupUrlOf } from "./topup-url.ts";
