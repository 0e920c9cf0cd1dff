import type { AuthPolicy } from "./auth-policy.ts";

/** Anyone may call. Say it explicitly: a site without `auth` does not start. */
export const none = (): AuthPolicy => ({
  type: "none",
  describe: () => ({ type: "none", header: null }),
  authenticate: () => undefined,
});
