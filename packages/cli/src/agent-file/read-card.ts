import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { CardError, normalizeCard } from "@agentgate/protocol/a2a";
import { CliError } from "../cli-error.ts";

const BYTES_MAX = 1024 * 1024;

/** An agent's card: its address, or the card itself. */
export type CardSource = string | Record<string, unknown>;

/**
 * What `card:` names: an address is left to the gateway; a file, seen from the `agentgate.yaml`, is read and checked.
 * @throws {@link CliError} when the file is missing or holds no card that the gateway could use
 */
export async function readCard(place: string, agentFilePath: string): Promise<CardSource> {
  if (/^https?:\/\//i.test(place)) return place;
  const path = resolve(dirname(agentFilePath), place);
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) {
    throw new CliError("card_missing", `${agentFilePath}: there is no card at ${path}`, {
      hint: "card is the address of the agent's card, or a file beside agentgate.yaml",
    });
  }
  if (found.size > BYTES_MAX) throw unusable(path, "The card is larger than 1 MiB");
  const card = parse(path, await readFile(path, "utf8"));
  try {
    normalizeCard(card);
  } catch (error) {
    if (error instanceof CardError) throw unusable(path, error.message);
    throw error;
  }
  return card as Record<string, unknown>;
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unusable(path, `The card is not JSON: ${(error as Error).message}`);
  }
}

const unusable = (path: string, reason: string) => new CliError("card_invalid", `${path}: ${reason}`);
