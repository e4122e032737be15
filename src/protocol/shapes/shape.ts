/**
 * What a value on a wire looks like, as data: types, checks, JSON Schema and TypeScript texts are all made from it.
 * Objects may hold more than their fields, which is passed over.
 */
export type Form =
  | { readonly kind: "anything" | "string" | "boolean" | "number" | "integer" | "unsigned" | "nothing" }
  | { readonly kind: "choice"; readonly values: readonly string[] }
  | { readonly kind: "nullable" | "list" | "map"; readonly of: AnyShape }
  | { readonly kind: "object"; readonly fields: Fields; readonly open?: true }
  | { readonly kind: "union"; readonly of: readonly AnyShape[] }
  /** Of fields alone: `missing` is `true` where it may be left out, `{ value }` where that is what its absence means. */
  | {
      readonly kind: "field";
      readonly of: AnyShape;
      readonly missing?: true | { readonly value: unknown };
      /** Only for clients that asked for what may still change. */
      readonly experimental?: true;
    };

declare const holds: unique symbol;
export type Shape<T> = Form & { readonly [holds]?: T };
export type AnyShape = Shape<unknown>;
export type Optional<T> = Shape<T> & { readonly missing: true };
export type Fields = Readonly<Record<string, AnyShape>>;

export type Infer<S> = S extends Shape<infer T> ? T : never;

type OptionalKeys<F> = { [K in keyof F]: F[K] extends { readonly missing: true } ? K : never }[keyof F];
export type ObjectOf<F> = { [K in Exclude<keyof F, OptionalKeys<F>>]: Infer<F[K]> } & {
  [K in OptionalKeys<F>]?: Infer<F[K]> | undefined;
};

export const anything: Shape<unknown> = { kind: "anything" };
export const string: Shape<string> = { kind: "string" };
export const boolean: Shape<boolean> = { kind: "boolean" };
export const number: Shape<number> = { kind: "number" };
export const integer: Shape<number> = { kind: "integer" };
/** An integer from 0 on. */
export const unsigned: Shape<number> = { kind: "unsigned" };

export const literal = <const V extends string>(value: V): Shape<V> => ({ kind: "choice", values: [value] });
export const oneOf = <const V extends readonly string[]>(...values: V): Shape<V[number]> => ({
  kind: "choice",
  values,
});
/** Null, or left out, which means the same. */
export const nullable = <T>(of: Shape<T>): Shape<T | null> => ({ kind: "nullable", of });
export const list = <T>(of: Shape<T>): Shape<T[]> => ({ kind: "list", of });
export const map = <T>(of: Shape<T>): Shape<Record<string, T>> => ({ kind: "map", of });
export const object = <F extends Fields>(fields: F): Shape<ObjectOf<F>> => ({ kind: "object", fields });
/** An object of which other keys are known to come too. */
export const open = <T>(of: Shape<T>): Shape<T & Record<string, unknown>> => ({ ...of, open: true }) as never;
export const union = <S extends readonly AnyShape[]>(...of: S): Shape<Infer<S[number]>> => ({ kind: "union", of });
export const optional = <T>(of: Shape<T>): Optional<T> => ({ ...fieldOf(of), missing: true });
/** What is left out is `value`; what we send says it. */
export const defaulted = <T>(of: Shape<T>, value: T): Shape<T> => ({ ...fieldOf(of), missing: { value } });
export const experimental = <S extends AnyShape>(of: S): S => ({ ...fieldOf(of), experimental: true }) as unknown as S;

const fieldOf = (of: AnyShape): Extract<Form, { kind: "field" }> => (of.kind === "field" ? of : { kind: "field", of });
