import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename } from "node:path";

export interface Registry {
  url: string;
  /** Names of the packages of ours that were asked for. */
  asked: Set<string>;
  close(): Promise<void>;
}

interface Published {
  packument: (url: string) => unknown;
  tarball: Buffer;
  file: string;
}

/** A registry in which our packages are published as they were packed. What it does not have, it has from the real one. */
export async function startRegistry(tarballs: readonly string[]): Promise<Registry> {
  const upstream = execFileSync("npm", ["config", "get", "registry"], { encoding: "utf8" }).trim().replace(/\/$/, "");
  const published = new Map(tarballs.map(publish));
  const asked = new Set<string>();
  const server = createServer(async ({ url: path = "/", headers }, response) => {
    try {
      const name = decodeURIComponent(path.slice(1).split("/-/")[0]!);
      const own = published.get(name);
      if (!own) return await passOn(`${upstream}${path}`, headers.accept, response);
      asked.add(name);
      if (path.includes("/-/")) return void response.end(own.tarball);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(own.packument(url())));
    } catch (error) {
      response.writeHead(502).end(String(error));
    }
  });
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: url(),
    asked,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function publish(file: string): [name: string, published: Published] {
  const tarball = readFileSync(file);
  const text = execFileSync("tar", ["-xOzf", file, "package/package.json"], { encoding: "utf8" });
  const manifest = JSON.parse(text) as { name: string; version: string };
  const { name, version } = manifest;
  const dist = {
    integrity: `sha512-${createHash("sha512").update(tarball).digest("base64")}`,
    shasum: createHash("sha1").update(tarball).digest("hex"),
  };
  const packument = (url: string) => ({
    name,
    "dist-tags": { latest: version },
    versions: { [version]: { ...manifest, dist: { ...dist, tarball: `${url}/${name}/-/${basename(file)}` } } },
  });
  return [name, { packument, tarball, file }];
}

async function passOn(url: string, accept: string | undefined, response: ServerResponse): Promise<void> {
  const answer = await fetch(url, { headers: { accept: accept ?? "*/*" } });
  response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "application/json" });
  response.end(Buffer.from(await answer.arrayBuffer()));
}
