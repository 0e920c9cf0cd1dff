import { shortText } from "@agentgate/protocol/format";

const NAME_MAX = 40;

interface OrgLabelProps {
  id: string;
  /** What organizations are called, as far as one may know. */
  names: ReadonlyMap<string, string>;
  /** With its whole id. */
  isWhole?: boolean;
}

/** An organization by its name, with the beginning of its id, or all of it; where the name is not known, by that alone. */
export function OrgLabel({ id, names, isWhole = false }: OrgLabelProps) {
  const name = names.get(id);
  const short = (
    <code title={id} className={`${isWhole ? "" : "whitespace-nowrap"} ${name === undefined ? "" : "text-ink-3"}`}>
      {isWhole ? id : id.slice(0, 8)}
    </code>
  );
  return name === undefined ? (
    short
  ) : (
    <>
      {shortText(name, NAME_MAX)} {short}
    </>
  );
}
