import type { TestGateway } from "../../testing/index.ts";

export interface PageAnswer {
  status: number;
  body: any;
  text: string;
  headers: Headers;
}

/** What a browser does that has a page of this gateway open: it keeps the cookie that it is given. */
export class Browser {
  readonly node: TestGateway;
  /** `name=value`, as it is sent. */
  cookie: string | undefined;

  constructor(node: TestGateway, cookie?: string) {
    this.node = node;
    this.cookie = cookie;
  }

  /** Asks as a script of the page does, but for these headers; those that are undefined are left out. */
  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string | undefined> = {},
  ): Promise<PageAnswer> {
    const isForm = body instanceof URLSearchParams;
    const all = {
      origin: this.node.url,
      "sec-fetch-site": "same-origin",
      "x-agentgate-web": isForm ? undefined : "1",
      cookie: this.cookie,
      ...(body !== undefined && !isForm && { "content-type": "application/json" }),
      ...headers,
    };
    const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const response = await fetch(this.node.url + path, {
      method,
      redirect: "manual",
      headers: Object.fromEntries(given),
      ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const set = response.headers.get("set-cookie");
    if (set !== null) this.cookie = /Max-Age=0/.test(set) ? undefined : set.split(";", 1)[0];
    const isJson = /json/.test(response.headers.get("content-type") ?? "");
    return { status: response.status, text, body: isJson && text ? JSON.parse(text) : text, headers: response.headers };
  }

  get(path: string): Promise<PageAnswer> {
    return this.call("GET", path);
  }

  async signIn(key: string): Promise<this> {
    const { status, text } = await this.call("POST", "/session", { key });
    if (status !== 200) throw new Error(`not signed in: ${text}`);
    return this;
  }

  /** The same browser's tab at another node. */
  at(node: TestGateway): Browser {
    return new Browser(node, this.cookie);
  }
}
