const [shortest, usual, longest] = [10_000, 30_000, 3_600_000];

/** How long a wait lasts, within bounds; `note` says what was changed of the wish. */
export function waitTime(wanted = usual): { milliseconds: number; note: string | null } {
  if (wanted < shortest)
    return {
      milliseconds: shortest,
      note: `Requested timeout of ${wanted}ms was clamped to the minimum of ${shortest}ms.`,
    };
  if (wanted > longest)
    return {
      milliseconds: longest,
      note: `Requested timeout of ${wanted}ms was clamped to the maximum of ${longest}ms.`,
    };
  return { milliseconds: wanted, note: null };
}
