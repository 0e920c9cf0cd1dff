// Does what a page says, as its reader would: one shell, from the first block to the last.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { freePort } from "@agentgate/testing";
import { binPath, runProgram } from "../../packages/cli/src/testing/run-agentgate.ts";
import type { Block } from "./blocks.ts";

export interface PageSurroundings {
  root: string;
  gateway: { url: string; adminKey: string };
  /** An agent that answers everything. */
  agentUrl: string;
  /** What stands for servers that pages name as examples, by what the pages call them. */
  examples: Readonly<Record<string, string>>;
  /** Servers of this machine, where there are some. */
  postgresUrl: string | undefined;
  /** Another database, with nothing in it. */
  restoredUrl: string | undefined;
  redisUrl: string | undefined;
  /** What the page takes for granted: a shell's text. */
  before?: string;
}

/** What one block has printed, and how it ended. */
export interface BlockResult {
  block: Block;
  /** What the page says that it prints. */
  told: string;
  printed: string;
  exitCode: number;
}

/** How long is looked at what goes on until it is stopped. */
const LOOK_SECONDS = 3;
/** How long a page may take, on a machine that does much else. */
const PAGE_SECONDS = 600;
/** Ports that pages give to what they start. */
const PAGE_PORT = /(?:127\.0\.0\.1|localhost|listen\(|PORT=|listens |port )[: ]?(3000|8200|9\d\d\d)\b/g;
const MARK = "\u001e";
const DONE = "\u001d";

/** Runs all blocks of a page up to the first that does not do what it should. */
export async function runPage(
  blocks: readonly Block[],
  {
    root,
    gateway,
    agentUrl,
    examples,
    postgresUrl = "",
    restoredUrl = "",
    redisUrl = "",
    before = "",
  }: PageSurroundings,
): Promise<BlockResult[]> {
  const folder = mkdtempSync(join(tmpdir(), "agentgate-page-"));
  try {
    const ports = await portsOf([before, ...blocks.map(({ text }) => text)]);
    const { host } = new URL(gateway.url);
    const standIns = {
      ...examples,
      "127.0.0.1:8000": host,
      "localhost:8000": host,
      "https://gateway.example": gateway.url,
      "https://gw.example.com": gateway.url,
      "ag_admin_...": gateway.adminKey,
      "/var/lib/agentgate": join(folder, "data"),
      "./node_modules/.bin/agentgate": "agentgate",
    };
    const here = (text: string) =>
      [...ports].reduce(
        (all, [port, free]) => all.replaceAll(new RegExp(`\\b${port}\\b`, "g"), `${free}`),
        Object.entries(standIns).reduce((all, [said, here]) => all.replaceAll(said, here), text),
      );
    layOut(folder, root);
    const own = blocks.map((block) => ({ ...block, text: here(block.text) }));
    const steps = own.map((block, index) => stepOf(block, index, ports));
    const script = [PRELUDE, here(before), ...steps].join("\n");
    writeFileSync(join(folder, ".page.sh"), script);
    const { stdout, stderr } = await runProgram("timeout", [`${PAGE_SECONDS}`, "bash", ".page.sh"], {
      cwd: folder,
      env: {
        PATH: [join(folder, ".bin"), dirname(process.execPath), process.env.PATH].join(delimiter),
        AGENTGATE_SERVER: gateway.url,
        AGENTGATE_API_KEY: gateway.adminKey,
        ADMIN_KEY: gateway.adminKey,
        GATEWAY: gateway.url,
        GATE: gateway.url,
        KEY: gateway.adminKey,
        ECHO: agentUrl,
        POSTGRES: postgresUrl,
        RESTORED: restoredUrl,
        HOME: folder,
        XDG_CONFIG_HOME: join(folder, ".config"),
        XDG_CACHE_HOME: process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"),
        REDIS: redisUrl,
        NODE_OPTIONS: "--conditions=agentgate-source",
        NO_COLOR: "1",
      },
    });
    if (!stdout.includes(MARK)) throw new Error(`What the page takes for granted is not so:\n${stdout}${stderr}`);
    return resultsIn(stdout, stderr, own);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Each port of the pages' own, and one that is free here. */
async function portsOf(texts: readonly string[]): Promise<Map<string, number>> {
  const found = new Set(texts.flatMap((text) => [...text.matchAll(PAGE_PORT)].map(([, port]) => port!)));
  return new Map(await Promise.all([...found].map(async (port) => [port, await freePort()] as const)));
}

/**
 * A folder of the reader's, with the packages in it and the commands on its path. Whoever reads a refusal notices it, so curl fails of
 * one; whoever follows something stops it after a while.
 */
function layOut(folder: string, root: string): void {
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  mkdirSync(join(folder, ".bin"));
  const agentgate = `exec ${JSON.stringify(process.execPath)} ${JSON.stringify(binPath)} "$@"`;
  const looked = agentgate.replace("exec", `timeout ${LOOK_SECONDS}`);
  const commands = {
    agentgate: `case "$*" in
  *--help*|*--port*) ${agentgate} ;;
  *--follow*|*"webhooks listen"*) ${looked} || [ $? = 124 ] ;;
  serve*) served=(); case "$*" in *--data*) ;; *) served=(--data "$(mktemp -d -p "$PWD")") ;; esac
    coproc SERVED { ${agentgate} "\${served[@]}" --port 0 2>&1; }
    pid=$SERVED_PID; while IFS= read -r -t 120 -u "\${SERVED[0]}" line; do
      echo "$line"; case "$line" in *http://*) kill -TERM $pid; cat <&"\${SERVED[0]}"; wait $pid; exit $? ;; esac
    done; exit 1 ;;
  "login "*) if [ "$(readlink /proc/$$/fd/0)" = /dev/null ]; then ${agentgate} <<< "$AGENTGATE_API_KEY"; else ${agentgate}; fi ;;
  *) ${agentgate} ;;
esac`,
    // What npx would install is here already.
    npx: `[ "$1" = @agentgate/cli ] || { echo "npx $1: not of this project" >&2; exit 1; }\nshift\nexec agentgate "$@"`,
    curl: `PATH=\${PATH#*:}
case "$*" in
  *"/events"*) curl --no-progress-meter --max-time ${LOOK_SECONDS} "$@" || [ $? = 28 ] ;;
  *) exec curl --fail-with-body --no-progress-meter "$@" ;;
esac`,
  };
  for (const [name, text] of Object.entries(commands))
    writeFileSync(join(folder, ".bin", name), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
}

const PRELUDE = `set -euo pipefail
# All that it has started, and what these have: the group is this page's own.
trap 'trap "" TERM; kill 0' EXIT
looked() { timeout ${LOOK_SECONDS} "$@" || [ $? = 124 ]; }
listens() { for _ in $(seq 1800); do (exec 3<>/dev/tcp/127.0.0.1/$1) 2>/dev/null && return; sleep 0.1; done; echo "nothing listens on $1" >&2; return 1; }
call() { curl -sS "$GATEWAY$1" -H "Authorization: Bearer $AGENTGATE_API_KEY" -H "Content-Type: application/json" "\${@:2}"; }
agent() { call /agents/ -d "{\\"name\\":\\"$1\\",\\"url\\":\\"$ECHO\\"}" | jq -r .id; }
org() { call /orgs/ -d "{\\"name\\":\\"$1\\"}" | jq -r .api_key; }
id_of() { call /orgs/ | jq -r "map(select(.name == \\"$1\\"))[0].id"; }`;

function stepOf(
  { kind, notRun, runBy, fails, text, name, language }: Block,
  index: number,
  ports: Map<string, number>,
): string {
  const begin = `printf '${MARK}${index}\\n'; printf '${MARK}${index}\\n' >&2`;
  const end = `printf '${DONE}%s\\n' "$?"`;
  if (notRun !== undefined || runBy !== undefined || kind === "output" || kind === "picture") return "";
  if (kind === "session") {
    const typed = text.split("\n").flatMap((line) => (line.startsWith("$ ") ? [`${line.slice(2)} 2>&1 || true`] : []));
    return [begin, ...typed, end].join("\n");
  }
  if (kind === "file") {
    const folder = dirname(name!);
    return `${begin}\nmkdir -p ${folder}\ncat > ${name} <<'END OF FILE'\n${text}\nEND OF FILE\n${end}`;
  }
  const program = `program-${index}.${language === "ts" ? "ts" : "mjs"}`;
  // What follows something goes on until it is stopped.
  const start = text.includes("followEvents") ? "looked node" : "node";
  const commands =
    kind === "program" ? `cat > ${program} <<'END OF FILE'\n${text}\nEND OF FILE\n${start} ${program}` : text;
  if (fails) return `${begin}\nset +e\n${commands}\n${end}\nset -e`;
  // A reader takes longer to go on than what was started takes to listen.
  const waited = commands.replaceAll(/^.* &$/gm, (line) => {
    const own = [...ports.values()].filter((port) => line.includes(`${port}`) || ports.size === 1);
    return [line, ...own.map((port) => `listens ${port}`)].join("\n");
  });
  return [begin, waited, end].join("\n");
}

function resultsIn(stdout: string, stderr: string, blocks: readonly Block[]): BlockResult[] {
  const errors = new Map(piecesOf(stderr));
  return piecesOf(stdout).map(([index, piece]) => {
    const [printed = "", code] = piece.split(DONE);
    return {
      block: blocks[index]!,
      told: toldBy(blocks[index]!, blocks[index + 1]),
      printed: printed + (errors.get(index) ?? ""),
      exitCode: code === undefined ? -1 : Number.parseInt(code, 10),
    };
  });
}

const toldBy = ({ kind, text }: Block, next: Block | undefined): string => {
  if (kind === "session") return text.replace(/^\$ .*$/gm, "…");
  return next?.kind === "output" ? next.text : "";
};

const piecesOf = (text: string): [number, string][] =>
  text
    .split(MARK)
    .slice(1)
    .map((piece) => [Number.parseInt(piece, 10), piece.slice(piece.indexOf("\n") + 1)]);

/** Whether what a page shows was printed, spaces and line breaks apart; `…` stands for anything. */
export function isOutput(told: string, printed: string): boolean {
  const dense = (text: string) => text.replace(/\s+/g, "");
  const parts = dense(told).split("…");
  const literal = (part: string) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(parts.map(literal).join("[\\s\\S]*?")).test(dense(printed));
}
