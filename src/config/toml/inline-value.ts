/** A value of JSON as TOML writes it on one line. Nulls inside of it are left out: TOML has none. */
export function inlineToml(value: unknown): string {
  if (Array.isArray(value))
    return `[${value
      .filter((each) => each !== null)
      .map(inlineToml)
      .join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).filter(([, each]) => each !== null && each !== undefined);
    return `{ ${members.map(([key, each]) => `${JSON.stringify(key)} = ${inlineToml(each)}`).join(", ")} }`;
  }
  return JSON.stringify(value);
}
