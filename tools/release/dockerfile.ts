export interface Instruction {
  /** In capitals. */
  name: string;
  /** In one line. */
  value: string;
}

/** The instructions of each stage, from the one after its FROM on. */
export function readDockerfile(text: string): Instruction[][] {
  const lines = text
    .replace(/^\s*#.*\n/gm, "")
    .replace(/\\\n\s*/g, " ")
    .split("\n");
  const stages: Instruction[][] = [];
  for (const line of lines) {
    const [, name = "", value = ""] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === "FROM") stages.push([]);
    else if (name !== "") stages.at(-1)?.push({ name, value: value.replace(/^(?:--\S+\s+)+(?=CMD)/, "") });
  }
  return stages;
}
