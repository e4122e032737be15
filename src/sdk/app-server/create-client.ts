import type { SnakeCase } from "../exec/options.ts";
import { Client } from "./client.ts";
import type { ClientOptions } from "./options.ts";

/** The methods by the names of the Python client: `thread_start` for `threadStart`. */
type SnakeCasedMethods<Of> = {
  [
    Key in keyof Of as Key extends string
      ? Of[Key] extends (...args: never) => unknown
        ? SnakeCase<Key>
        : never
      : never
  ]: Of[Key];
};

export type AppServerClient = Client & SnakeCasedMethods<Client>;

for (
  let prototype: object = Client.prototype;
  prototype !== Object.prototype;
  prototype = Object.getPrototypeOf(prototype) as object
)
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const alias = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const method = Object.getOwnPropertyDescriptor(prototype, name)?.value as unknown;
    if (alias !== name && typeof method === "function")
      Object.defineProperty(Client.prototype, alias, { value: method, writable: true, configurable: true });
  }

/**
 * A client of an app-server. Starts nothing before the first request or `connect()`. Names of options in camel case or as Python writes them.
 * Throws `ValidationError` for an option that cannot be right.
 */
export function createClient(options: ClientOptions = {}): AppServerClient {
  return new Client(options) as AppServerClient;
}
