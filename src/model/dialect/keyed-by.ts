import type { Dialect } from "./step.ts";

/** The same API with its key in another header; `authorization` gets it as a bearer's token. */
export function keyedBy(dialect: Dialect, header: string): Dialect {
  const name = header.toLowerCase();
  return {
    ...dialect,
    headers: (key) => ({
      ...dialect.headers(null),
      ...(key !== null && { [name]: name === "authorization" ? `Bearer ${key}` : key }),
    }),
  };
}
