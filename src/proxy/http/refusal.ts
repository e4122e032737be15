/** A request that is answered with an error in place of what it asked for. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly code: string | null;
  readonly param: string | null;
  readonly headers: Readonly<Record<string, string>>;

  /** @param status of HTTP @param message for people */
  constructor(
    status: number,
    message: string,
    options: { code?: string | null; param?: string | null; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.status = status;
    this.code = options.code ?? null;
    this.param = options.param ?? null;
    this.headers = options.headers ?? {};
  }
}

const types: Readonly<Record<number, string>> = {
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  429: "rate_limit_error",
};

/** The body of an error, as OpenAI's API has it. */
export function errorBody({ status, message, code, param }: Refusal): string {
  const type = types[status] ?? (status >= 500 && status !== 501 ? "server_error" : "invalid_request_error");
  return JSON.stringify({ error: { message, type, param, code } });
}

/** What nobody expected: its own words may name files of this machine, and nothing is said of where it happened. */
export const unexpected = (): Refusal =>
  new Refusal(500, "the bridge failed to handle this request", { code: "server_error" });
