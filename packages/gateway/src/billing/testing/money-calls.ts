import { type TestAgent, type TestGateway, textTask } from "../../testing/index.ts";

/** What tests of money ask of a gateway, once it and its agent are there. */
export function moneyCalls(gate: () => TestGateway, agent: () => TestAgent) {
  const post = (path: string, body: unknown, key?: string | null, headers: Record<string, string> = {}) =>
    fetch(gate().url + path, {
      method: "POST",
      headers: { "content-type": "application/json", ...(key && { authorization: `Bearer ${key}` }), ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  const pay = async (id: string, key: string, headers: Record<string, string> = {}, task: unknown = textTask("x")) => {
    const response = await post(`/agents/${id}/task`, task, key, headers);
    return { status: response.status, headers: response.headers, body: (await response.json()) as any };
  };
  const wallet = async (org: { id: string; key: string }) =>
    (await gate().call("GET", `/orgs/${org.id}/wallet`, undefined, org.key)).body;
  const fundedOrg = async (name: string, amount: number, fields = {}) => {
    const org = await gate().createOrg(name, fields);
    if (amount) await gate().call("POST", `/orgs/${org.id}/topup`, { amount }, org.key);
    return org;
  };
  const pricedAgent = async (name: string, price: number, ownerKey?: string, url = agent().url, more = {}) =>
    (await gate().register({ name, url, price_per_task: price, ...more }, ownerKey)).id as string;
  return { post, pay, wallet, fundedOrg, pricedAgent };
}
