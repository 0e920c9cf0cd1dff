import { noteGatewayTime } from "./gateway-clock.ts";

/** No form and no other site's script can send it. The browser adds the session's cookie. */
const WEB_HEADER = "x-agentgate-web";

export const webFetch: typeof fetch = async (input, init) => {
  const headers = new Headers(init?.headers);
  headers.set(WEB_HEADER, "1");
  const sentMs = Date.now();
  const response = await fetch(input, { ...init, headers, credentials: "same-origin" });
  noteGatewayTime(response.headers.get("date"), sentMs, Date.now());
  return response;
};
