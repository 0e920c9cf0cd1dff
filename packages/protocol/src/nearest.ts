/** The word that begins with `text`, or that differs least from it, if any is close enough to be a slip of the fingers. */
export function nearest(text: string, words: readonly string[]): string | undefined {
  const longer = words.find((word) => word.startsWith(`${text.toLowerCase()}_`));
  if (longer !== undefined) return longer;
  const [best] = words
    .map((word) => ({ word, distance: editDistance(text.toLowerCase(), word) }))
    .sort((a, b) => a.distance - b.distance);
  return best && best.distance <= Math.max(1, best.word.length / 3) ? best.word : undefined;
}

/** Levenshtein's: insertions, deletions and replacements. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(previous[j]! + 1, row[j - 1]! + 1, replaced));
    }
    previous = row;
  }
  return previous[b.length]!;
}
