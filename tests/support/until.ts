import { vi } from "vitest";

/** A test has 120 s: before those are over, what did not come is named. */
const limitMs = 100_000;
/** Until then whatever is ready goes on between two looks; after it nobody is kept from their work. */
const eagerMs = 20;

/** Resolves with what the check gives as soon as that is something. */
export async function until<Result>(check: () => Result): Promise<NonNullable<Awaited<Result>>> {
  const since = performance.now();
  for (;;) {
    const result = await check();
    if (result) return result;
    const elapsedMs = performance.now() - since;
    if (elapsedMs > limitMs) throw new Error(`did not come within ${limitMs / 1000} s: ${String(check)}`);
    await new Promise<void>((resolve) => (elapsedMs < eagerMs ? setImmediate(resolve) : setTimeout(resolve, 5)));
  }
}

/** Resolves with what the check gives as soon as it throws nothing. */
export const untilPasses = <Result>(check: () => Result): Promise<Awaited<Result>> =>
  vi.waitFor(check, { timeout: limitMs, interval: 20 }) as Promise<Awaited<Result>>;
