export { openUcp, type UcpRoom, type UcpRoomOptions } from "./room.ts";
export { sealedUcpKeys } from "./signing-key-store.ts";
