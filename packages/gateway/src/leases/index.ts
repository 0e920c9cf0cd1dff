export { type Hold, Leases, type LeasesOptions, openLeases, type Work } from "./leases.ts";
export { type Kept, type Pace, Retention } from "./retention.ts";
export { Shifts, type ShiftsOptions } from "./shifts.ts";
