/** Parameters as callers write them. */
import type { ClientMethod, ParamsOf } from "../../protocol/codex-0.169/app-server/methods.ts";

type NullableKeys<T> = { [K in keyof T]-?: null extends T[K] ? K : undefined extends T[K] ? K : never }[keyof T];

/** What may be null, or is there only at times, may be left out. */
export type Sent<T> = unknown extends T
  ? T
  : T extends readonly (infer Element)[]
    ? Sent<Element>[]
    : T extends object
      ? { [K in Exclude<keyof T, NullableKeys<T> | "text_elements">]: Sent<T[K]> } & {
          [K in Extract<keyof T, NullableKeys<T> | "text_elements">]?: Sent<T[K]> | undefined;
        }
      : T;

/** The parameters of a method; undefined for those that have none. */
export type SentParams<M extends ClientMethod> = Sent<ParamsOf<M>>;
