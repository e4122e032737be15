import { bytesOfBase64 } from "../base64.ts";
import { invalidParams, RequestError } from "../request-error.ts";

export interface WireSize {
  readonly cols: number;
  readonly rows: number;
}

/** Output of a stream that a client did not say otherwise of, in bytes. */
export const usualCap = 2 ** 20;
export const usualTimeoutMs = 10_000;

const wrong = (message: string): RequestError => new RequestError(invalidParams, message);

export function checkedSize(size: WireSize | null | undefined, terminal: boolean, method: string): WireSize | null {
  if (size == null) return null;
  if (!terminal) throw wrong(`${method} size requires tty: true`);
  return nonEmpty(size, method === "process/spawn" ? "process" : method);
}

export function nonEmpty(size: WireSize, called: string): WireSize {
  if (size.cols === 0 || size.rows === 0) throw wrong(`${called} size rows and cols must be greater than 0`);
  const large = [size.rows, size.cols].find((count) => count > 65_535);
  if (large === undefined) return size;
  throw new RequestError(-32600, `Invalid request: invalid value: integer \`${large}\`, expected u16`);
}

export function checkedTimeout(timeoutMs: number, method: string): number {
  if (timeoutMs < 0) throw wrong(`${method} timeoutMs must be non-negative, got ${timeoutMs}`);
  return timeoutMs;
}

/** What is to be written; null where the input is only to be closed. */
export function checkedInput(
  { deltaBase64, closeStdin }: { deltaBase64?: string | null | undefined; closeStdin?: boolean | undefined },
  method: string,
): Buffer | null {
  if (deltaBase64 == null) {
    if (closeStdin !== true) throw wrong(`${method} requires deltaBase64 or closeStdin`);
    return null;
  }
  const bytes = bytesOfBase64(deltaBase64);
  if ("problem" in bytes) throw wrong(`invalid deltaBase64: ${bytes.problem}`);
  return bytes;
}
