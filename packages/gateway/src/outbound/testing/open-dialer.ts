import { silentLog, systemClock } from "../../runtime/index.ts";
import { createDialer, type Dialer, type DialerOptions } from "../index.ts";

/** A dialer for servers on loopback, closed at the end of the scope. */
export function openDialer(options: Partial<DialerOptions> = {}): Dialer & AsyncDisposable {
  const dialer = createDialer({ allowPrivateNetworks: true, clock: systemClock, log: silentLog, ...options });
  return Object.assign(dialer, { [Symbol.asyncDispose]: () => dialer.close(0) });
}

/** Awaits a rejection and gives its kind, or `fulfilled`. */
export async function kindOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "fulfilled",
    (error) => error.kind ?? String(error),
  );
}
