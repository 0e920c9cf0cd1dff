import type { Sealer } from "../../runtime/index.ts";
import { invalidParams } from "../wire/mcp-error.ts";

const LENGTH_MAX = 1_024;

/** Where a list goes on: sealed for who has it and what it lists, so that nobody else goes on with it, and nowhere else. */
export class Cursors {
  readonly #sealer: Sealer;

  constructor(sealer: Sealer) {
    this.#sealer = sealer;
  }

  seal(after: string, list: string): string {
    return this.#sealer.seal(after, purposeOf(list));
  }

  /** @throws McpError -32602 for one that is none, or of another list */
  open(cursor: unknown, list: string): string | undefined {
    if (cursor === undefined) return undefined;
    if (typeof cursor === "string" && cursor.length <= LENGTH_MAX) {
      try {
        return this.#sealer.open(cursor, purposeOf(list));
      } catch {
        // Told below.
      }
    }
    throw invalidParams("The cursor is none of this list; begin it anew", "invalid_cursor");
  }
}

const purposeOf = (list: string) => `MCP cursor ${list}`;
