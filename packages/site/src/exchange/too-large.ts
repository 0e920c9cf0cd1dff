import { SiteError } from "./site-error.ts";

export const tooLarge = (limitBytes: number): SiteError =>
  new SiteError("payload_too_large", `The body is larger than ${limitBytes} bytes. Send less.`);
