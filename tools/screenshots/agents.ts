/** An agent of the seeded directory: what it says, and how it does. */
export interface SeededAgent {
  name: string;
  version: string;
  description: string;
  tags: string[];
  /** Names of its skills. */
  skills: string[];
  /** Dollars for a task. */
  price: number;
  /** Calls on a usual day. */
  calls: number;
  /** Of a thousand calls. */
  failed: number;
  /** Milliseconds. */
  takes: number;
  /** Whether it has a card, and speaks A2A. */
  a2a?: boolean;
  /** Whether it answers with tasks, which it keeps. */
  keepsTasks?: boolean;
  /** Whether it does not answer now. */
  isDown?: boolean;
  /** Ratings it got. */
  ratings?: number[];
}

const PROSE = `Translates between **41 languages**, keeps the markup and the terms of your glossary.

- plain text, Markdown and HTML
- up to 20,000 characters a task
- answers with the detected language and a \`confidence\`

Terms: [how texts are kept](https://lingua.example/privacy).`;

export const seededAgents: readonly SeededAgent[] = [
  {
    name: "lingua-translate",
    version: "3.2.1",
    description: PROSE,
    tags: ["language", "translation"],
    skills: ["Translate text", "Detect language", "Apply a glossary"],
    price: 0.0015,
    calls: 210,
    failed: 3,
    takes: 142,
    a2a: true,
    ratings: [5, 5, 4, 5],
  },
  {
    name: "invoice-reader",
    version: "1.8.0",
    description:
      "Reads invoices and receipts: seller, dates, positions, taxes and totals, as JSON by a schema of yours.",
    tags: ["documents", "finance"],
    skills: ["Read invoice", "Read receipt"],
    price: 0.02,
    calls: 96,
    failed: 9,
    takes: 1_840,
    ratings: [4, 5, 4],
  },
  {
    name: "weather-now",
    version: "2.0.4",
    description: "The weather at any place, now and for ten days. Sources: national services.",
    tags: ["data", "weather"],
    skills: ["Current weather", "Forecast"],
    price: 0,
    calls: 340,
    failed: 1,
    takes: 61,
    ratings: [5, 4, 5, 5],
  },
  {
    name: "code-review",
    version: "0.9.2",
    description: "Reviews a diff: faults first, with the line and a test that shows it.",
    tags: ["code", "quality"],
    skills: ["Review a diff", "Explain a fault"],
    price: 0.08,
    calls: 41,
    failed: 14,
    takes: 9_400,
    a2a: true,
    ratings: [5, 3, 4],
  },
  {
    name: "web-search",
    version: "4.1.0",
    description: "Searches the web and answers with sources.",
    tags: ["search", "web"],
    skills: ["Search", "Fetch page", "Summarize"],
    price: 0.004,
    calls: 275,
    failed: 21,
    takes: 980,
    a2a: true,
    ratings: [4, 4, 5],
  },
  {
    name: "calendar-planner",
    version: "1.1.0",
    description: "Finds times for meetings across calendars and time zones.",
    tags: ["office"],
    skills: ["Find a time", "Book"],
    price: 0.01,
    calls: 28,
    failed: 4,
    takes: 420,
  },
  {
    name: "sql-analyst",
    version: "2.3.0",
    description: "Turns questions into SQL for your schema, explains the plan and the answer.",
    tags: ["code", "data"],
    skills: ["Write a query", "Explain a plan", "Chart"],
    price: 0.03,
    calls: 63,
    failed: 11,
    takes: 3_100,
    a2a: true,
    ratings: [5, 4],
  },
  {
    name: "image-alt-text",
    version: "1.4.2",
    description: "Describes pictures for people who do not see them, short or long.",
    tags: ["accessibility", "images"],
    skills: ["Describe a picture"],
    price: 0.005,
    calls: 88,
    failed: 2,
    takes: 760,
    ratings: [5, 5],
  },
  {
    name: "legal-clauses",
    version: "0.5.0",
    description: "Finds and compares clauses in contracts. No legal advice.",
    tags: ["documents", "law"],
    skills: ["Find clauses", "Compare contracts"],
    price: 0.25,
    calls: 7,
    failed: 30,
    takes: 14_200,
    ratings: [3, 4],
  },
  {
    name: "unit-converter",
    version: "1.0.0",
    description: "Converts units, currencies by the day's rate of the central bank.",
    tags: ["data"],
    skills: ["Convert"],
    price: 0,
    calls: 150,
    failed: 0,
    takes: 4,
  },
  {
    name: "speech-to-text",
    version: "5.0.1",
    description: "Writes down what is said, with speakers and times.",
    tags: ["audio", "language"],
    skills: ["Transcribe", "Tell speakers apart"],
    price: 0.012,
    calls: 54,
    failed: 6,
    takes: 6_300,
    a2a: true,
    ratings: [4, 5, 5],
  },
  {
    name: "market-quotes",
    version: "2.2.0",
    description: "Delayed quotes of 60 exchanges.",
    tags: ["data", "finance"],
    skills: ["Quote", "History"],
    price: 0.0005,
    calls: 300,
    failed: 4,
    takes: 88,
    ratings: [4],
  },
  {
    name: "support-triage",
    version: "1.3.0",
    description: "Sorts tickets by topic and urgency, and drafts a first answer.",
    tags: ["office", "language"],
    skills: ["Sort a ticket", "Draft an answer"],
    price: 0.006,
    calls: 120,
    failed: 17,
    takes: 1_250,
  },
  {
    name: "geo-coder",
    version: "3.0.0",
    description: "Addresses to coordinates and back, worldwide.",
    tags: ["data", "maps"],
    skills: ["Geocode", "Reverse geocode"],
    price: 0.0008,
    calls: 190,
    failed: 3,
    takes: 47,
    ratings: [5, 4, 4],
  },
  {
    name: "pdf-forms",
    version: "0.7.3",
    description: "Fills in PDF forms from JSON.",
    tags: ["documents"],
    skills: ["List fields", "Fill in"],
    price: 0.01,
    calls: 19,
    failed: 60,
    takes: 900,
    isDown: true,
    ratings: [2, 3],
  },
  {
    name: "travel-desk",
    version: "1.6.0",
    description: "Trains and flights: connections, prices and seats.",
    tags: ["travel"],
    skills: ["Search connections", "Hold a seat"],
    price: 0.05,
    calls: 33,
    failed: 25,
    takes: 4_700,
    a2a: true,
    keepsTasks: true,
    ratings: [4, 3, 5],
  },
  {
    name: "recipe-scaler",
    version: "1.0.2",
    description: "Scales recipes and swaps what is not at hand.",
    tags: ["food"],
    skills: ["Scale", "Swap an ingredient"],
    price: 0,
    calls: 12,
    failed: 0,
    takes: 210,
  },
  {
    name: "log-explainer",
    version: "0.3.0",
    description: "Explains stack traces and log lines, with what to try next.",
    tags: ["code"],
    skills: ["Explain a trace"],
    price: 0.002,
    calls: 71,
    failed: 8,
    takes: 1_100,
  },
];
