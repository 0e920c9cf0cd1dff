/** Runs named checks one after the other, and prints one line of JSON for each. */
export const STAND = JSON.parse(process.env.INTEROP_STAND);

const LIMIT_MS = 60_000;

export async function run(checks) {
  for (const [check, body] of Object.entries(checks)) {
    const late = new Promise((_, reject) =>
      setTimeout(() => reject(new Error("no end within a minute")), LIMIT_MS).unref(),
    );
    try {
      await Promise.race([body(), late]);
      console.log(JSON.stringify({ check, ok: true }));
    } catch (error) {
      console.log(JSON.stringify({ check, ok: false, error: String(error?.stack ?? error).slice(0, 2_000) }));
    }
  }
  process.exit(0);
}

export function expect(actual, expected) {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== should) throw new Error(`${is}, not ${should}`);
}

export function demand(fact, said) {
  if (!fact) throw new Error(`not as it should be: ${JSON.stringify(said) ?? said}`);
}

export async function refused(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("nobody refused this");
}

/** How many tasks the agent was told to cancel. */
export const cancels = async () => Number(await (await fetch(STAND.cancelled)).text());

/** Waits until the agent has been told to cancel one more. */
export async function oneMoreThan(count) {
  for (let attempt = 0; attempt < 500; attempt++) {
    if ((await cancels()) > count) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the agent was not told to stop");
}

export const bearer = (who = "rich") => ({ Authorization: `Bearer ${STAND.keys[who]}` });
export const textIn = (result) => result.content.flatMap(({ text }) => (text === undefined ? [] : [text])).join("\n");
