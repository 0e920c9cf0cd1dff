import type { ReactNode } from "react";
import { BarChart } from "../../charts/bar-chart.tsx";
import { LineChart } from "../../charts/line-chart.tsx";
import type { ChartData } from "../../charts/series.ts";
import { Command } from "../../ui/command.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Field } from "../../ui/field.tsx";
import { Glyph, TimingBar } from "../../ui/glyph.tsx";
import { Loading } from "../../ui/loading.tsx";
import { Page, Section } from "../../ui/page.tsx";
import { State, type StateName } from "../../ui/state.tsx";
import { TroubleBox } from "../../ui/trouble-box.tsx";
import { Duration, Money, Price } from "../../ui/values.tsx";

const GROUNDS = ["paper", "raised", "sunken", "line", "edge", "accent-wash", "warn-wash", "fail-wash"];
const INKS = ["ink-1", "ink-2", "ink-3", "accent", "warn", "fail"];
const SERIES = ["series-1", "series-2", "series-3", "series-4", "series-5"];
const TYPE = [
  ["text-display", "Display 40/44"],
  ["text-title", "Title 28/34"],
  ["text-section", "Section 20/28"],
  ["text-prose", "Prose 16/24"],
  ["text-body", "Body 14/20"],
  ["text-row", "Row 13/20"],
  ["text-fine", "Fine 12/16"],
] as const;
const STATES: StateName[] = ["ok", "running", "slow", "failed", "unknown"];
const SPACES = [4, 8, 12, 16, 24, 32, 48, 64];

/** Tokens and parts, in both themes: what is changed here is changed everywhere. */
export function Design() {
  return (
    <Page title="Design">
      <div className="grid grid-cols-[minmax(0,1fr)] gap-6 full:grid-cols-2">
        {(["light", "dark"] as const).map((theme) => (
          <div key={theme} data-theme={theme} className="border border-edge bg-paper p-6 text-ink-1">
            <Sheet theme={theme} />
          </div>
        ))}
      </div>
    </Page>
  );
}

function Sheet({ theme }: { theme: string }) {
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-8">
      <p className="flex items-center gap-2 font-strong">
        <Glyph /> {theme}
      </p>
      <Section title="Grounds">
        <Swatches names={GROUNDS} />
      </Section>
      <Section title="Inks and states">
        <ul>
          {INKS.map((name) => (
            <li key={name} className="flex gap-4">
              <svg width="20" height="20" aria-hidden="true">
                <rect width="20" height="20" fill={`var(--${name})`} />
              </svg>
              <svg width="280" height="20" role="img" aria-label={name}>
                <text y="15" fill={`var(--${name})`}>
                  {name}: the agent did not answer within 29 s
                </text>
              </svg>
            </li>
          ))}
        </ul>
      </Section>
      <Section title="Series">
        <Swatches names={SERIES} />
      </Section>
      <Section title="Type">
        {TYPE.map(([name, text]) => (
          <p key={name} className={name}>
            {text} 0O 1lI $0.0015
          </p>
        ))}
        <p>
          <code>7f3c2a10-0O1lI code, ids and keys</code>
        </p>
      </Section>
      <Section title="Space">
        <svg width="100%" height="64" aria-label={SPACES.join(", ")} role="img">
          {SPACES.map((size, at) => (
            <rect
              key={size}
              x={SPACES.slice(0, at).reduce((sum, one) => sum + one + 8, 0)}
              width={size}
              height={size}
              fill="var(--edge)"
            />
          ))}
        </svg>
      </Section>
      <Section title="States">
        <p className="flex flex-wrap gap-4">
          {STATES.map((name) => (
            <State key={name} is={name} />
          ))}
        </p>
      </Section>
      <Section title="Values">
        <dl className="facts">
          <Fact name="Money">
            <Money dollars={1234.5} /> <Money dollars={0.0015} /> <Money dollars={-0.01} /> <Money dollars={null} />
          </Fact>
          <Fact name="Price">
            <Price dollars={0} /> <Price dollars={0.0015} />
          </Fact>
          <Fact name="Duration">
            <Duration ms={0.34} /> <Duration ms={141} /> <Duration ms={29_000} /> <Duration ms={null} />
          </Fact>
          <Fact name="Timing">
            <TimingBar gatewayMs={4} agentMs={60} ofMs={100} />
          </Fact>
        </dl>
      </Section>
      <Section title="Controls">
        <div className="grid max-w-md gap-4">
          <p className="flex flex-wrap gap-2">
            <button type="button" className="button button-primary">
              Primary
            </button>
            <button type="button" className="button">
              Button
            </button>
            <button type="button" className="button border-fail text-fail">
              Delete
            </button>
            <button type="button" className="button" disabled>
              Disabled
            </button>
          </p>
          <fieldset className="flex">
            <legend className="spoken">Segments, {theme}</legend>
            {["All", "Succeeded", "Failed"].map((text, at) => (
              <label key={text} className="segment">
                <input type="radio" name={`segments ${theme}`} className="spoken" defaultChecked={at === 0} />
                {text}
              </label>
            ))}
          </fieldset>
          <Field label="Field" hint="Half a sentence of help.">
            <input className="field" placeholder="Placeholder" />
          </Field>
          <Field label="Field with a finding" error="Must be an https address.">
            <input className="field" defaultValue="ftp://example.com" />
          </Field>
          <Field label="Choice">
            <select className="field">
              <option>Last 24 hours</option>
            </select>
          </Field>
          <label className="flex items-center gap-2">
            <input type="checkbox" defaultChecked /> Checked
          </label>
          <p>
            <a href="#content">A link to the content</a> and{" "}
            <kbd className="border border-edge bg-sunken px-1.5">Ctrl</kbd>
          </p>
        </div>
      </Section>
      <Section title="Table">
        <DataTable
          caption={`Rows, ${theme}`}
          rows={ROWS}
          keyOf={({ name }) => name}
          isSelected={({ name }) => name === "research"}
          columns={[
            { id: "name", head: "Agent", isName: true, cell: ({ name }) => name },
            { id: "state", head: "Outcome", cell: ({ state, word }) => <State is={state} word={word} /> },
            { id: "took", head: "Took", isNumber: true, cell: ({ ms }) => <Duration ms={ms} /> },
            { id: "paid", head: "Paid", isNumber: true, cell: ({ paid }) => <Money dollars={paid} /> },
          ]}
        />
      </Section>
      <Section title="Charts">
        <BarChart data={bars} formatMark={String} />
        <LineChart data={lines} formatMark={String} />
      </Section>
      <Section title="What is not there">
        <div className="grid gap-4">
          <Empty command="curl -s http://127.0.0.1:8000/agents/">No agent is registered yet. This lists them:</Empty>
          <Loading rows={3} />
          <TroubleBox
            error={new Error("The agent did not answer within 29 s. Nothing was charged.")}
            onRetry={() => {}}
          />
          <Command>npx @agentgate/cli logs --follow</Command>
        </div>
      </Section>
    </div>
  );
}

const ROWS: { name: string; state: StateName; word: string; ms: number; paid: number }[] = [
  { name: "echo", state: "ok", word: "200", ms: 4.1, paid: 0.0015 },
  { name: "research", state: "failed", word: "timeout", ms: 29_000, paid: 0 },
  { name: "translate", state: "slow", word: "200", ms: 4_200, paid: 0.25 },
];

const POINTS = 24;
const HOUR = 3_600_000;
const frame = {
  times: Array.from({ length: POINTS }, (_, at) => at * HOUR),
  stepMs: HOUR,
  isUnfinished: true,
};
const wave = (at: number, by: number) => Math.round(40 + 30 * Math.sin((at + by) / 4));
const bars: ChartData = {
  ...frame,
  label: "Calls over time",
  series: [
    { name: "Succeeded", colour: "var(--series-1)", values: frame.times.map((_, at) => wave(at, 0)), format: String },
    { name: "Failed", colour: "var(--fail)", values: frame.times.map((_, at) => at % 5), format: String },
  ],
};
const lines: ChartData = {
  ...frame,
  label: "Five series",
  series: SERIES.map((name, by) => ({
    name,
    colour: `var(--${name})`,
    values: frame.times.map((_, at) => (at === 9 ? null : wave(at, by * 3))),
    format: String,
  })),
};

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <>
    <dt>{name}</dt>
    <dd className="flex flex-wrap items-center gap-3">{children}</dd>
  </>
);

const Swatches = ({ names }: { names: readonly string[] }) => (
  <ul className="grid grid-cols-2 gap-3 wide:grid-cols-4">
    {names.map((name) => (
      <li key={name}>
        <svg width="100%" height="40" aria-hidden="true">
          <rect width="100%" height="40" fill={`var(--${name})`} stroke="var(--line)" />
        </svg>
        <code>{name}</code>
      </li>
    ))}
  </ul>
);
