import { shortText } from "@agentgate/protocol/format";
import { en } from "../messages/en.ts";

const VALUE_MAX = 36;

interface ChipProps {
  name: string;
  value: string;
  isExcluded?: boolean;
  onRemove(): void;
}

/** A filter that holds; a press takes it away. */
export const Chip = ({ name, value, isExcluded = false, onRemove }: ChipProps) => (
  <button type="button" className="button border-accent bg-accent-wash text-left" onClick={onRemove}>
    <span>
      {name} {isExcluded && en.logs.not} <code>{shortText(value, VALUE_MAX)}</code>
    </span>
    <span aria-hidden="true">×</span>
    <span className="spoken">{en.logs.remove}</span>
  </button>
);
