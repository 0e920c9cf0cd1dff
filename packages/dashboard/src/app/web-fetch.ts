/** No form and no other site's script can send it. The browser adds the session's cookie. */
const WEB_HEADER = "x-agentgate-web";

export const webFetch: typeof fetch = (input, init) => {
  const headers = new Headers(init?.headers);
  headers.set(WEB_HEADER, "1");
  return fetch(input, { ...init, headers, credentials: "same-origin" });
};
