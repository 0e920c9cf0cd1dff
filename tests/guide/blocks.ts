// The code of a document as its reader meets it: in order, each piece with what the page says of it.
import { readFileSync } from "node:fs";
import { fromMarkdown } from "mdast-util-from-markdown";

/** What a reader does with a block. */
export type BlockKind =
  /** Pastes it into a shell. */
  | "shell"
  /** Saves it under the name in its first line, a comment. */
  | "file"
  /** Saves it under any name, and runs it. */
  | "program"
  /** Compares it with what the block before has printed; `…` stands for anything. */
  | "output"
  /** Types what stands behind each `$`, and compares the rest. */
  | "session"
  /** Looks at it. */
  | "picture";

export interface Block {
  /** From the root of the checkout. */
  page: string;
  line: number;
  /** As the fence has it, with the word behind it that tells apart what is alike: `sh`, `sql duckdb`. */
  language: string;
  kind: BlockKind;
  text: string;
  /** Of a file. */
  name: string | undefined;
  /** The page says that this is refused. */
  fails: boolean;
  /** Why it cannot run here, in the page's words. */
  notRun: string | undefined;
  /** The test that runs this very block. */
  runBy: string | undefined;
}

interface Node {
  type: string;
  lang?: string | null;
  meta?: string | null;
  value?: string;
  children?: Node[];
  position?: { start: { line: number } };
}

const NOT_RUN = /^not run: (.+)$/;
const RUN_BY = /^run by (\S+)$/;
/** What a fence may say of its language: for whom a question is, whether a site's program does no harm, how TypeScript is set. */
const KINDS = new Set(["run", "decorators", "clickhouse", "duckdb"]);
/** `// agent.mjs`, `# agentgate.yaml`, with a remark behind it or not. */
const FILE_NAME = /^(?:\/\/|#) ((?:[\w.-]+\/)*[\w-]*\.?[\w-]+\.[a-z]+|Dockerfile|Caddyfile)(?:$|[ :,])/;

/** All blocks of a page that name a language, in its order. @throws for words after the language that mean nothing */
export function blocksOf(root: string, page: string): Block[] {
  const blocks: Block[] = [];
  let before: Block | undefined;
  const visit = (node: Node): void => {
    // What a section shows is not what the section before has printed.
    if (node.type === "heading") before = undefined;
    if (node.type === "code" && node.lang) {
      before = blockOf(page, node, before);
      blocks.push(before);
    }
    for (const child of node.children ?? []) visit(child);
  };
  visit(fromMarkdown(readFileSync(`${root}${page}`, "utf8")) as Node);
  return blocks;
}

function blockOf(page: string, { lang, meta, value: text = "", position }: Node, before: Block | undefined): Block {
  const line = position!.start.line;
  const notRun = NOT_RUN.exec(meta ?? "")?.[1];
  const runBy = RUN_BY.exec(meta ?? "")?.[1];
  const fails = meta === "fails";
  const isKind = KINDS.has(meta ?? "");
  if (meta && !notRun && !runBy && !fails && !isKind)
    throw new Error(`${page}:${line}: nobody knows what "${meta}" means`);
  const language = isKind ? `${lang} ${meta}` : lang!;
  const name = FILE_NAME.exec(text.split("\n", 1)[0]!)?.[1];
  return { page, line, language, kind: kindOf(language, name, before), text, name, fails, notRun, runBy };
}

const programs = new Set(["ts", "js"]);
const outputs = new Set(["json", "text"]);

function kindOf(language: string, name: string | undefined, before: Block | undefined): BlockKind {
  if (language === "sh") return "shell";
  if (language === "console") return "session";
  if (name !== undefined) return "file";
  if (programs.has(language)) return "program";
  return outputs.has(language) && before && ["shell", "program"].includes(before.kind) ? "output" : "picture";
}
