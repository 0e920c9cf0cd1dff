interface SegmentsProps {
  name: string;
  label: string;
  /** Names by value; the empty value is that of an address that says nothing. */
  options: Record<string, string>;
  value: string;
  onChange(value: string | undefined): void;
}

/** One of a few, side by side. */
export const Segments = ({ name, label, options, value, onChange }: SegmentsProps) => (
  <fieldset className="flex">
    <legend className="spoken">{label}</legend>
    {Object.entries(options).map(([option, text]) => (
      <label key={option} className="segment">
        <input
          type="radio"
          name={name}
          className="spoken"
          checked={value === option}
          onChange={() => onChange(option === "" ? undefined : option)}
        />
        {text}
      </label>
    ))}
  </fieldset>
);
