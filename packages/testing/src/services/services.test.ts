import { Socket } from "node:net";
import { expect, inject, test } from "vitest";

const connects = (url: string) =>
  new Promise<boolean>((resolve) => {
    const { hostname, port } = new URL(url);
    const socket = new Socket().connect(Number(port), hostname, () => resolve(socket.destroy() !== undefined));
    socket.on("error", () => resolve(false));
  });

test.for(["postgresUrl", "redisUrl"] as const)("%s answers on its port", async (name, { skip }) => {
  const url = inject(name);
  if (!url) return skip("not installed");
  expect(await connects(url)).toBe(true);
});
