export { DiscoveryCalls } from "./discovery.ts";
