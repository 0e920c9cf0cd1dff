import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface Manifest {
  name: string;
  version: string;
  description: string;
  private?: boolean;
  license?: string;
  keywords?: string[];
  homepage?: string;
  bugs?: string;
  repository?: { type: string; url: string; directory: string };
  publishConfig?: { access: string; provenance: boolean };
  files?: string[];
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

export interface PublishedPackage {
  /** From the root of the checkout: `packages/cli`. */
  directory: string;
  manifest: Manifest;
}

/** The packages of the workspace that npm is given. */
export const publishedPackages = (root: string): PublishedPackage[] =>
  globSync("packages/*/package.json", { cwd: root })
    .sort()
    .map((file) => ({
      directory: dirname(file),
      manifest: JSON.parse(readFileSync(join(root, file), "utf8")) as Manifest,
    }))
    .filter(({ manifest }) => !manifest.private);
