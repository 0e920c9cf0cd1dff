export { formatCount, formatShortCount } from "./count.ts";
export { formatDuration } from "./duration.ts";
export {
  allowedBlocks,
  type Block,
  type Inline,
  type MarkdownNode,
  type MarkdownRules,
  type ParseMarkdown,
  plainText,
  readMarkdown,
} from "./markdown.ts";
export { type MarkdownMarkup, markdownHtml } from "./markdown-html.ts";
export { formatMoney, formatPrice, type MoneyFormat, moneyDecimals } from "./money.ts";
export { formatPercent } from "./percent.ts";
export { formatAge, formatClock, formatDay, formatInstant, type TimeZone } from "./time.ts";
export { shortText, visibleText } from "./visible-text.ts";
