type Filled<Value> = { readonly value: Value } | { readonly missing: string };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The input of a hook's call with each `${PATH}` replaced by what the hook is told at that path (`tool_input.command`). A
 * text that is nothing else becomes the value itself; within a text, what is no text stands as JSON. Keys stay as they are,
 * and lists have no paths. `missing`: a path that leads nowhere.
 */
export function fillPlaceholders(input: Record<string, unknown>, told: unknown): Filled<Record<string, unknown>> {
  let missing: string | null = null;
  const lookUp = (path: string): unknown => {
    let value = told;
    for (const key of path.split(".")) {
      if (!isObject(value) || !Object.hasOwn(value, key)) {
        missing ??= path;
        return null;
      }
      value = value[key];
    }
    return value;
  };
  const inText = (text: string): unknown => {
    const alone = /^\$\{([^{}]+)\}$/.exec(text)?.[1];
    if (alone !== undefined) return lookUp(alone);
    return text.replace(/\$\{([^{}]+)\}/g, (_, path: string) => {
      const value = lookUp(path);
      return typeof value === "string" ? value : JSON.stringify(value);
    });
  };
  const fill = (value: unknown): unknown => {
    if (typeof value === "string") return inText(value);
    if (Array.isArray(value)) return value.map(fill);
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner)]));
  };
  const value = fill(input) as Record<string, unknown>;
  return missing === null ? { value } : { missing };
}
