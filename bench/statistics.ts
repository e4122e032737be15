export interface Summary {
  median: number;
  min: number;
  max: number;
  count: number;
}

/** Of an even number of values, the mean of the two in the middle. Throws for none: a measurement without samples is a fault. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new Error("no values to take the median of");
  return (lower + upper) / 2;
}

export function summarise(values: readonly number[]): Summary {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values), count: values.length };
}

/** The same elements, starting `by` places later: no subject is always the first of a round. */
export function rotate<Element>(elements: readonly Element[], by: number): Element[] {
  const start = elements.length === 0 ? 0 : by % elements.length;
  return [...elements.slice(start), ...elements.slice(0, start)];
}
