import { AgentApp, type AgentAppOptions, allowOrigins, flow, none, oauth2, step } from "@agentgate/site";
import { z } from "zod";
import { goldenShop } from "./golden-shop.ts";

const site = (options: Partial<AgentAppOptions> = {}) =>
  new AgentApp({
    title: "Suite",
    auth: none(),
    baseUrl: "https://suite.test",
    onError: () => {},
    ...(options as object),
  });

const echo = (options: Partial<AgentAppOptions> = {}) =>
  site(options).intent("echo", {
    description: "Returns its text",
    input: z.object({ text: z.string() }),
    output: z.object({ text: z.string() }),
    handler: (input) => input,
  });

/** Streams and long calls. What the handlers saw can be asked for, so that the tests see it from outside the process too. */
function streaming() {
  const departures: string[] = [];
  let arrivals = 0;
  let finish = () => {};
  let quick: AbortSignal | undefined;
  return site()
    .intent("count", {
      description: "Counts up to a number",
      stream: true,
      input: z.object({ to: z.int() }),
      output: z.object({ sum: z.int() }),
      handler: async ({ to }, { progress, chunk }) => {
        for (let i = 1; i <= to; i++) {
          await progress({ percent: (100 * i) / to });
          await chunk(i);
        }
        return { sum: (to * (to + 1)) / 2 };
      },
    })
    .intent("pages", {
      description: "Sends a page of text each time it is told to go on",
      stream: true,
      input: z.object({ pages: z.int() }),
      handler: async ({ pages }, { chunk }) => {
        for (let page = 1; page <= pages; page++) {
          await chunk({ page, text: "x".repeat(2000) });
          await new Promise<void>((resolve) => {
            finish = resolve;
          });
        }
        return pages;
      },
    })
    .flow(
      flow("slow", {
        description: "A flow whose step takes a while",
        steps: {
          work: step({
            entry: true,
            stream: true,
            description: "Works until it is told to stop",
            handler: async (_input, { progress }) => {
              await progress("started");
              await new Promise<void>((resolve) => {
                finish = resolve;
              });
              return "done";
            },
          }),
        },
      }),
    )
    .intent("finish", { description: "Lets the work that waits go on", handler: () => finish() ?? null })
    .intent("wait", {
      description: "Waits until the caller goes away",
      stream: true,
      handler: (_input, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            departures.push((signal.reason as Error).name);
            reject(signal.reason);
          });
          arrivals++;
        }),
    })
    .intent("waiters", {
      description: "Tells who has come and who has gone",
      handler: () => ({ arrivals, departures }),
    })
    .intent("quick", {
      description: "Answers at once, but looks at its signal",
      handler: (_input, { signal }) => {
        quick = signal;
        return 1;
      },
    })
    .intent("quick_aborted", {
      description: "Tells whether the last quick call was aborted",
      handler: () => quick?.aborted ?? null,
    });
}

/** The sites that every face is tested with. A face may serve them from another process, which knows them by these names. */
export const faceSites = {
  golden: () => goldenShop(),
  echo: () => echo(),
  small: () => echo({ bodyBytesMax: 1000 }),
  shop: () => echo({ baseUrl: "https://suite.test/shop/" }),
  oauth: () =>
    echo({
      baseUrl: "https://suite.test/shop",
      auth: oauth2({ authorizationServers: ["https://login.suite.test"], verify: () => null }),
    }),
  cors: () => echo({ cors: allowOrigins(["https://assistant.test"]) }),
  streaming,
} satisfies Record<string, () => AgentApp>;

export type FaceSiteName = keyof typeof faceSites;
