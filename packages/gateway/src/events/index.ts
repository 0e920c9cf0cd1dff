export { openLiveEvents } from "./room.ts";
