export { type A2ARoomOptions, openA2A } from "./room.ts";
