import { shortText } from "@agentgate/protocol/format";
import { en } from "../../../messages/en.ts";
import { findingOf } from "../../../ui/field.tsx";

const said = en.skills;
const NAME_MAX = 80;
const DESCRIPTION_MAX = 160;

/** Something that an agent can do, as far as its price goes. */
export interface PricedSkill {
  id: string;
  title: string | null;
  description: string;
}

interface PriceFieldsProps {
  skills: readonly PricedSkill[];
  /** As they are typed, by the skills' ids; nothing where a skill costs what any task does. */
  prices: Readonly<Record<string, string>>;
  onChange(prices: Record<string, string>): void;
  /** What any task costs, as it is shown in fields that are empty. */
  price: string;
  error?: unknown;
}

/** A price for each skill. An empty one is the agent's. */
export const PriceFields = ({ skills, prices, onChange, price, error }: PriceFieldsProps) => (
  <ul className="border-line border-t">
    {skills.map(({ id, title, description }) => {
      const wrong = findingOf(error, "prices", id) ?? findingOf(error, "tools", "prices", id);
      return (
        <li key={id} className="grid grid-cols-[minmax(0,1fr)_8rem] items-center gap-x-4 border-line border-b py-2">
          <label htmlFor={`price-${id}`} className="min-w-0">
            <span className="font-strong">{shortText(title ?? id, NAME_MAX)}</span>{" "}
            {title !== null && title !== id && <code className="text-ink-3">{shortText(id, NAME_MAX)}</code>}
            {description !== "" && <span className="block text-ink-2">{shortText(description, DESCRIPTION_MAX)}</span>}
            {wrong && <span className="block text-fail">{wrong}</span>}
          </label>
          <input
            id={`price-${id}`}
            className="field text-right"
            inputMode="decimal"
            pattern="\d+(\.\d{1,6})?"
            placeholder={price}
            title={said.priceHint}
            autoComplete="off"
            aria-invalid={wrong ? true : undefined}
            value={prices[id] ?? ""}
            onChange={({ target }) => onChange(withPrice(prices, id, target.value.trim()))}
          />
        </li>
      );
    })}
  </ul>
);

function withPrice(prices: Readonly<Record<string, string>>, id: string, typed: string): Record<string, string> {
  const { [id]: _, ...others } = prices;
  return typed === "" ? others : { ...others, [id]: typed };
}

/** In dollars, as the API takes them. */
export const pricesOf = (typed: Readonly<Record<string, string>>): Record<string, number> =>
  Object.fromEntries(Object.entries(typed).map(([id, price]) => [id, Number(price)]));

/** The least price of a task that covers these: as much as the dearest skill. */
export const coveringPrice = (typed: Readonly<Record<string, string>>, price: string): number =>
  Math.max(Number(price), ...Object.values(pricesOf(typed)));
