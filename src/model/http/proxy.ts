type Variables = Readonly<Record<string, string | undefined>>;

/** Those that Node's agents go by. */
const names = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"];

const isSet = (variables: Variables, among: readonly string[]): boolean =>
  among.some((name) => (variables[name] ?? "") !== "");

/** Whether requests over HTTP go through a proxy, where their agent is told of the variables. */
export const goesThroughProxy = (variables: Variables): boolean => isSet(variables, names);

/** Whether anything may have to go through a proxy. */
export const behindProxy = (variables: Variables): boolean => isSet(variables, [...names, "ALL_PROXY", "all_proxy"]);
