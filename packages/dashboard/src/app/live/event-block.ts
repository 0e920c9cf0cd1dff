/** The fields of one event; comments are none. */
export function readBlock(block: string): { id?: string; type?: string; data?: string } {
  const found: { id?: string; type?: string; data?: string } = {};
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const value = line.slice(colon + 1).replace(/^ /, "");
    const name = line.slice(0, colon);
    if (name === "id") found.id = value;
    else if (name === "event") found.type = value;
    else if (name === "data") found.data = found.data === undefined ? value : `${found.data}\n${value}`;
  }
  return found;
}
