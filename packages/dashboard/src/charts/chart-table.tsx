import { formatInstant } from "@agentgate/protocol/format";
import { useState } from "react";
import { usePreferences } from "../app/preferences.ts";
import { en } from "../messages/en.ts";
import { type ChartData, toldSeries } from "./series.ts";

/** The same numbers as a table, for whoever reads better so. */
export function ChartTable(data: ChartData) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="mt-2" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary className="text-ink-2">{en.asTable}</summary>
      {isOpen && <Rows {...data} />}
    </details>
  );
}

function Rows(data: ChartData) {
  const { zone } = usePreferences();
  const { label, times } = data;
  const series = toldSeries(data);
  return (
    <div className="mt-2 max-h-64 overflow-auto">
      <table className="table">
        <caption className="spoken">{label}</caption>
        <thead>
          <tr>
            <th scope="col">{en.logs.time}</th>
            {series.map(({ name }) => (
              <th key={name} scope="col" className="text-right">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {times.map((time, at) => (
            <tr key={time}>
              <th scope="row">{formatInstant(time, { zone })}</th>
              {series.map(({ name, values, format }) => {
                const value = values[at];
                return (
                  <td key={name} className="text-right">
                    {value === null || value === undefined ? "–" : format(value)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
