/** What a client of 1.0 sends, with this text. */
export const textMessage = (text = "hi") => ({ message: { messageId: "m", role: "ROLE_USER", parts: [{ text }] } });

type Headers = Record<string, string>;

/** The calls of a client that shows no key and says no more than it must. @param url of a gateway, once it is started */
export function callsTo(url: () => string) {
  const get = (path: string, headers: Headers = {}) => fetch(url() + path, { headers });
  const post = (path: string, body: unknown, headers: Headers = {}) =>
    fetch(url() + path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  const rpc = async (agentId: string, method: string, params: unknown, headers: Headers = {}, query = "") => {
    const call = { jsonrpc: "2.0", id: 1, method, params };
    return (await post(`/agents/${agentId}${query}`, call, headers)).json() as any;
  };
  return { get, post, rpc };
}
