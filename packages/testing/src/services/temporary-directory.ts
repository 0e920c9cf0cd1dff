import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A fresh directory under the system's temporary one; `remove` deletes it with all it holds. */
export function temporaryDirectory(name: string, owner?: { uid: number; gid: number }) {
  const path = mkdtempSync(join(tmpdir(), `agentgate-${name}-`));
  if (owner) chownSync(path, owner.uid, owner.gid);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
