/**
 * What walls can hold. `writes`: nothing outside of the writable folders changes; `guarded`: neither do the protected
 * folders inside of them; `pipes`: nothing is written to a named pipe or device that lies elsewhere; `secrets`: homes and caches are not seen; `network` and `unixSockets`: neither leads outside;
 * `processes`: others are neither seen nor signalled, and none outlives its command; `limits`: what is configured bounds memory,
 * processes, sizes of files and time; `hosts`: where hosts are allowed, these alone are reached, rather than none.
 */
export const wallNames = [
  "writes",
  "guarded",
  "pipes",
  "secrets",
  "network",
  "unixSockets",
  "processes",
  "limits",
  "hosts",
] as const;
export type WallName = (typeof wallNames)[number];

export type Held = { readonly held: true } | { readonly held: false; readonly why: string };
export type Strength = Readonly<Record<WallName, Held>>;

/** Everything held, but for what is said. */
export function strengthBut(missing: Partial<Record<WallName, string>>): Strength {
  const entries = wallNames.map((name): [WallName, Held] => {
    const why = missing[name];
    return [name, why === undefined ? { held: true } : { held: false, why }];
  });
  return Object.fromEntries(entries) as Record<WallName, Held>;
}

/** Those of `wanted` that do not hold, with the reason. */
export const missingWalls = (strength: Strength, wanted: readonly WallName[]): { name: WallName; why: string }[] =>
  wanted.flatMap((name) => {
    const wall = strength[name];
    return wall.held ? [] : [{ name, why: wall.why }];
  });
