const formats = new Map<string, Intl.NumberFormat>();

function formatOf(locale: string | undefined, notation: "standard" | "compact"): Intl.NumberFormat {
  const key = `${locale ?? ""} ${notation}`;
  let format = formats.get(key);
  if (!format) {
    const options = notation === "compact" ? { notation, maximumSignificantDigits: 3 } : {};
    format = new Intl.NumberFormat(locale, options);
    formats.set(key, format);
  }
  return format;
}

/** A number of things, exact: `48,211`. */
export const formatCount = (count: number | bigint, locale?: string): string =>
  formatOf(locale, "standard").format(count);

/** The same where there is little room; what it leaves out has to be had elsewhere: `48.2K`. */
export const formatShortCount = (count: number | bigint, locale?: string): string =>
  formatOf(locale, "compact").format(count);
