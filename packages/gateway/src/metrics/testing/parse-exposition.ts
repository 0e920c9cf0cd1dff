/** A strict reader of the Prometheus and OpenMetrics text formats, written from their specifications, for tests. */
export interface ParsedSample {
  name: string;
  labels: Record<string, string>;
  value: number;
  /** Labels of the exemplar that stands with it. */
  exemplar?: Record<string, string>;
}

export interface ParsedExposition {
  types: Map<string, string>;
  help: Map<string, string>;
  samples: ParsedSample[];
  /** Value of the one sample with this name and exactly these labels. */
  value(name: string, labels?: Record<string, string>): number | undefined;
}

const SUFFIXES = ["_total", "_bucket", "_sum", "_count"];
const SAMPLE =
  /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*?)\})? (NaN|[+-]Inf|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?: # \{(.*)\} \S+ \S+)?$/s;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/sy;

const unescapeText = (text: string) => text.replace(/\\(.)/gs, (_, char: string) => (char === "n" ? "\n" : char));

export function parseExposition(text: string): ParsedExposition {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const [types, help, samples] = [new Map<string, string>(), new Map<string, string>(), [] as ParsedSample[]];
  let family = "";
  for (const line of text.slice(0, -1).split("\n")) {
    const [, keyword, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/s.exec(line) ?? [];
    if (line === "# EOF" || line === "") continue;
    if (keyword) {
      const table = keyword === "HELP" ? help : types;
      if (table.has(name)) throw new Error(`second ${keyword} of ${name}`);
      table.set(name, keyword === "HELP" ? unescapeText(rest) : rest);
      family = name;
      continue;
    }
    const sample = parseSample(line);
    if (sample.name !== family && !SUFFIXES.some((suffix) => sample.name === family + suffix)) {
      throw new Error(`${sample.name} stands under ${family}`);
    }
    samples.push(sample);
  }
  const same = (a: object, b: object) =>
    JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
  const find = (name: string, labels: object) => samples.filter((s) => s.name === name && same(s.labels, labels));
  for (const { name, labels } of samples) {
    if (find(name, labels).length > 1) throw new Error(`${name} ${JSON.stringify(labels)} stands there twice`);
  }
  return { types, help, samples, value: (name, labels = {}) => find(name, labels)[0]?.value };
}

function parseSample(line: string): ParsedSample {
  const [, name, labelText = "", value = "", exemplar] = SAMPLE.exec(line) ?? [];
  if (!name) throw new Error(`not a sample: ${line}`);
  return {
    name,
    labels: labelsIn(labelText, line),
    value: Number(value.replace("Inf", "Infinity")),
    ...(exemplar !== undefined && { exemplar: labelsIn(exemplar, line) }),
  };
}

function labelsIn(labelText: string, line: string): Record<string, string> {
  const labels: [string, string][] = [];
  for (let at = 0; at < labelText.length; at = LABEL.lastIndex) {
    LABEL.lastIndex = at;
    const [, label = "", quoted = ""] = LABEL.exec(labelText) ?? [];
    if (!label) throw new Error(`not a label at ${at} of ${line}`);
    labels.push([label, unescapeText(quoted)]);
  }
  return Object.fromEntries(labels);
}
