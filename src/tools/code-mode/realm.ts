/**
 * Everything that a script finds in its context beside the language itself. The function is not called here: its text is
 * evaluated within the context, so that nothing that a script gets hold of belongs to the world outside. It must therefore
 * use nothing but its parameter and the globals of the language, and take of these what it needs before a script can change
 * them. Only strings, numbers and null pass `post`, in either direction.
 */
export interface Realm {
  /** Makes the tools and the stored values known; JSON of a {@link Plan}. */
  begin(plan: string): void;
  /** The result of a tool: JSON of `{id, ok, value}`. */
  settle(result: string): void;
  /** A timer is due. False when its callback threw: the text says what, and the script has failed. */
  fire(id: number): string | null;
  /** An error as the model reads it. */
  describe(error: unknown): string;
}

export interface Plan {
  tools: { name: string; description: string; kind: "function" | "custom"; tool: string }[];
  /** JSON text by key. */
  stored: Record<string, string>;
  /** Characters that the stored values may have, keys included. */
  storeSize: number;
}

type Plain = string | number | null;

export type Post = (kind: string, first?: Plain, second?: Plain, third?: Plain) => void;

export function realm(post: Post): Realm {
  "use strict";
  const { parse, stringify } = JSON;
  const { freeze, create, defineProperty } = Object;
  const { isArray } = Array;
  const { iterator } = Symbol;
  const { apply } = Reflect;
  const { startsWith } = String.prototype;
  const asText = String;
  const asNumber = Number;
  const ThePromise = Promise;
  const TheTypeError = TypeError;
  const TheError = Error;
  const TheMap = Map;
  const scope = globalThis as unknown as Record<string, unknown>;

  // A fault of the world outside must not reach the script as an object of that world. Spreading would ask the script.
  const send: Post = (kind, first, second, third) => {
    let sent = false;
    try {
      post(kind, first, second, third);
      sent = true;
    } catch {
      // Told below, with an error of this world.
    }
    if (!sent) throw new TheError("the script could not reach its host");
  };

  /** What Codex throws at scripts is text. */
  const fail: (reason: string) => never = (reason) => {
    throw reason as unknown as Error;
  };

  const stringOf = (value: unknown): string => {
    if (typeof value === "string") return value;
    if (typeof value === "bigint") return asText(value);
    const json = stringify(value) as string | undefined;
    return json === undefined ? "undefined" : json;
  };

  const describe = (error: unknown): string => {
    try {
      if (typeof error === "object" && error !== null) {
        const { stack } = error as { stack?: unknown };
        if (typeof stack === "string" && stack !== "") return stack;
      }
      return asText(error);
    } catch {
      return "";
    }
  };

  /** Defined, not assigned: a script may have put a setter of that name on the prototype of all objects. */
  const put = (target: object, name: string | number, value: unknown): void => {
    defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
  };

  // --- tools

  interface Waiting {
    resolve(value: unknown): void;
    reject(reason: unknown): void;
  }
  const waiting = create(null) as Record<number, Waiting>;
  let calls = 0;

  const inputOf = (kind: string, tool: string, input: unknown): string => {
    if (kind === "custom") {
      if (typeof input !== "string") fail(`tool \`${tool}\` expects a string input`);
      return input;
    }
    if (input === undefined) return "{}";
    if (typeof input !== "object" || input === null || isArray(input)) {
      fail(`tool \`${tool}\` expects a JSON object for arguments`);
    }
    return stringOf(input);
  };

  const caller =
    (name: string, kind: string, tool: string) =>
    (input: unknown): Promise<unknown> =>
      new ThePromise((resolve, reject) => {
        const text = inputOf(kind, tool, input);
        const id = ++calls;
        waiting[id] = { resolve, reject };
        send("call", id, name, text);
      });

  // --- timers

  const timers = create(null) as Record<number, () => unknown>;
  let lastTimer = 0;

  // --- what a script says

  const imageUrl = (value: unknown): string => {
    if (typeof value === "string" && value !== "") return value;
    const item = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
    if (typeof item["image_url"] === "string" && item["image_url"] !== "") return item["image_url"];
    if (item["type"] === "image" && typeof item["data"] === "string" && typeof item["mimeType"] === "string") {
      return `data:${item["mimeType"]};base64,${item["data"]}`;
    }
    fail(
      "image expects a non-empty image URL string, an object with image_url and optional detail, or a raw MCP image block",
    );
  };

  const checkDetail = (value: unknown, given: unknown): void => {
    const own = typeof value === "object" && value !== null ? (value as { detail?: unknown }).detail : undefined;
    const detail = given === undefined ? own : given;
    if (detail === undefined || detail === null) return;
    if (detail !== "auto" && detail !== "low" && detail !== "high" && detail !== "original") {
      fail("image detail must be one of: auto, low, high, original");
    }
  };

  const image = (value: unknown, detail?: unknown): void => {
    const url = imageUrl(value);
    if (apply(startsWith, url, ["http:"]) || apply(startsWith, url, ["https:"])) {
      fail("Tool call failed: remote image URLs are not supported in tool outputs. Pass a base64 data URI instead");
    }
    checkDetail(value, detail);
    send("image", url);
  };

  const audio = (value: unknown): void => {
    const item = typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
    const url = item === null ? value : (item["audio_url"] ?? item["data"]);
    if (typeof url !== "string" || url === "")
      fail("audio expects an audio URL string, an object with audio_url, or a raw MCP audio block");
    send("audio");
  };

  const block = (value: unknown): void => {
    const item = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
    if (item["type"] === "text" && typeof item["text"] === "string") return send("text", item["text"]);
    if (item["type"] === "image") return image(value);
    if (item["type"] === "audio") return audio(value);
    if (item["type"] === "resource" || item["type"] === "resource_link") return send("text", stringOf(value));
    fail("content expects one MCP ContentBlock");
  };

  /** Settled promises in the order in which they settle, with the place or key of each. */
  function as_settled(promises: Iterable<unknown>): AsyncGenerator<unknown> {
    const settled: unknown[] = [];
    let taken = 0;
    let open = 0;
    let stopped = false;
    let wake: (() => void) | null = null;
    const arrived = (result: unknown): void => {
      open--;
      if (stopped) return;
      put(settled, settled.length, result);
      wake?.();
    };
    const watch = (index: unknown, promise: unknown): void => {
      open++;
      new ThePromise((resolve) => resolve(promise)).then(
        (value) => arrived({ index, status: "fulfilled", value }),
        (reason: unknown) => arrived({ index, status: "rejected", reason }),
      );
    };
    let place = 0;
    if (promises instanceof TheMap) for (const [key, promise] of promises) watch(key, promise);
    else for (const promise of promises) watch(place++, promise);
    return (async function* () {
      try {
        while (taken < settled.length || open > 0) {
          if (taken === settled.length) await new ThePromise<void>((resolve) => (wake = resolve));
          wake = null;
          while (taken < settled.length) yield settled[taken++];
        }
      } finally {
        stopped = true;
      }
    })();
  }

  let stored = create(null) as Record<string, string>;
  let storeLeft = 0;

  const globals: Record<string, unknown> = {
    tools: {},
    ALL_TOOLS: [],
    clearTimeout(id?: unknown): void {
      if (typeof id !== "number" || timers[id] === undefined) return;
      delete timers[id];
      send("untimer", id);
    },
    setTimeout(callback: unknown, delay?: unknown): number {
      if (typeof callback !== "function") fail("setTimeout expects a function callback");
      const wait = asNumber(delay);
      const id = ++lastTimer;
      timers[id] = () => (callback as () => unknown)();
      send("timer", id, wait > 0 ? (wait < 2147483647 ? wait : 2147483647) : 0);
      return id;
    },
    text: (value: unknown): void => send("text", stringOf(value)),
    content(value: unknown): void {
      const each = typeof value === "string" ? undefined : (value as Record<symbol, unknown> | null)?.[iterator];
      if (typeof each !== "function") return block(value);
      // The method is read once, and called as that of its owner.
      const blocks = { [iterator]: () => apply(each, value, []) } as unknown as Iterable<unknown>;
      for (const one of blocks) block(one);
    },
    image,
    audio,
    generatedImage(value: unknown): void {
      const item = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
      if (typeof item["image_url"] !== "string") fail("generatedImage expects an object with image_url");
      image(item["image_url"]);
      if (typeof item["output_hint"] === "string") send("text", item["output_hint"]);
    },
    store(key: unknown, value: unknown): void {
      const name = asText(key);
      const json = stringify(value) as string | undefined;
      if (json === undefined)
        fail(`Unable to store ${stringify(name)}. Only plain serializable objects can be stored.`);
      const before = stored[name];
      const more = name.length + json.length - (before === undefined ? 0 : name.length + before.length);
      if (more > storeLeft)
        fail(`Unable to store ${stringify(name)}. Only ${storeLeft} more characters can be stored.`);
      storeLeft -= more;
      stored[name] = json;
      send("store", name, json);
    },
    load(key: unknown): unknown {
      const json = stored[asText(key)];
      return json === undefined ? undefined : parse(json);
    },
    notify: (value: unknown): void => send("notify", stringOf(value)),
    yield_control: (): void => send("yield"),
    exit: (): void => send("end", null),
    as_settled,
    async stream_settled(promises: Iterable<unknown>, emit: unknown): Promise<void> {
      if (typeof emit !== "function") throw new TheTypeError("stream_settled needs a function that takes the results");
      for await (const result of as_settled(promises)) await (emit as (result: unknown) => unknown)(result);
    },
  };
  for (const name of ["console", "WebAssembly", "SharedArrayBuffer", "Atomics"]) delete scope[name];
  for (const name in globals) put(scope, name, globals[name]);

  return {
    begin(plan) {
      const { tools, stored: values, storeSize } = parse(plan) as Plan;
      const known = scope["tools"] as object;
      const listed = scope["ALL_TOOLS"] as unknown[];
      for (const { name, description, kind, tool } of tools) {
        put(known, name, caller(name, kind, tool));
        put(listed, listed.length, freeze({ name, description }));
      }
      freeze(listed);
      stored = create(null) as Record<string, string>;
      storeLeft = storeSize;
      for (const key in values) {
        stored[key] = values[key]!;
        storeLeft -= key.length + values[key]!.length;
      }
    },
    settle(result) {
      const { id, ok, value } = parse(result) as { id: number; ok: boolean; value: unknown };
      const call = waiting[id];
      if (call === undefined) return;
      delete waiting[id];
      if (ok) call.resolve(value);
      else call.reject(value);
    },
    fire(id) {
      const callback = timers[id];
      delete timers[id];
      if (callback === undefined) return null;
      try {
        callback();
        return null;
      } catch (error) {
        return describe(error);
      }
    },
    describe,
  };
}
