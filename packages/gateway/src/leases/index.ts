export { type Hold, Leases, type LeasesOptions, openLeases, type Work } from "./leases.ts";
