/** What was looked at, and what came of it. */
export interface Check {
  /** `server`, `key`, `clock`… */
  name: string;
  status: "ok" | "warning" | "failed";
  message: string;
  /** What to do about it; absent where nothing is wrong. */
  advice?: string;
}

export const ok = (name: string, message: string): Check => ({ name, status: "ok", message });
export const warning = (name: string, message: string, advice: string): Check => ({
  ...{ name, status: "warning", message },
  advice,
});
export const failed = (name: string, message: string, advice: string): Check => ({
  ...{ name, status: "failed", message },
  advice,
});
