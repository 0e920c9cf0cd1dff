import { temporaryDirectory } from "@agentgate/testing";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Where one run of the suite keeps what all of its files use. */
    releaseRun: string;
  }
}

export default function setup({ provide }: TestProject): () => void {
  const { path, remove } = temporaryDirectory("release-run");
  provide("releaseRun", path);
  return remove;
}
