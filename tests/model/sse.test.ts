import * as fc from "fast-check";
import { expect, test, vi } from "vitest";
import { EventTooLargeError, SseParser, type ServerSentEvent } from "../../src/model/sse.ts";

function parse(pieces: readonly Uint8Array[], maxCharacters?: number): ServerSentEvent[] {
  const events: ServerSentEvent[] = [];
  const parser = new SseParser((event) => events.push(event), maxCharacters);
  for (const piece of pieces) parser.push(piece);
  parser.end();
  return events;
}

/** The standard read word by word, over the whole text at once. */
function plainly(bytes: Uint8Array): ServerSentEvent[] {
  const lines = new TextDecoder().decode(bytes).split(/\r\n|\r|\n/);
  const events: ServerSentEvent[] = [];
  let event = "";
  let data: string[] = [];
  const dispatch = (): void => {
    if (data.length > 0) events.push({ event, data: data.join("\n") });
    event = "";
    data = [];
  };
  for (const line of lines) {
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (line === "") dispatch();
    else if (field === "data") data.push(value);
    else if (field === "event") event = value;
  }
  dispatch();
  return events;
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const ending = fc.constantFrom("\n", "\r", "\r\n");
const value = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc.constantFrom("é€😀", "\uFEFFx", " spaced", ":", ""),
);
const line = fc.oneof(
  { weight: 4, arbitrary: value.map((text) => `data:${text}`) },
  { weight: 2, arbitrary: value.map((text) => `data: ${text}`) },
  { weight: 2, arbitrary: value.map((text) => `event: ${text}`) },
  { weight: 1, arbitrary: value.map((text) => `:${text}`) },
  { weight: 1, arbitrary: fc.constantFrom("data", "event", "id: 7", "retry: 10", "unknown: x", "data :x") },
  { weight: 4, arbitrary: fc.constant("") },
);
const stream = fc
  .array(fc.tuple(line, ending), { maxLength: 16 })
  .map((lines) => encode(lines.map(([text, end]) => text + end).join("")));

test("events are the same as the standard's, read in one piece", () => {
  fc.assert(
    fc.property(stream, (bytes) => void expect(parse([bytes])).toEqual(plainly(bytes))),
    { numRuns: 500 },
  );
});

test("it does not matter where the bytes are cut", () => {
  fc.assert(
    fc.property(stream, (bytes) => {
      const whole = parse([bytes]);
      for (let at = 0; at <= bytes.length; at++)
        expect(parse([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole);
      expect(parse(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)))).toEqual(whole);
    }),
    { numRuns: 100 },
  );
});

test("any bytes at all are read without a throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void expect(parse([bytes])).toEqual(plainly(bytes))),
    { numRuns: 500 },
  );
});

test("an event of 50 MB in small pieces is looked at once, not again with each piece", () => {
  const size = 50 * 1024 * 1024;
  const piece = new Uint8Array(64 * 1024).fill(120);
  let searched = 0;
  const found = String.prototype.indexOf;
  const events: ServerSentEvent[] = [];
  // What the parser searches and joins is all that it does with a line; both are counted, no clock is asked.
  let joined = 0;
  const join = Array.prototype.join;
  const searching = vi.spyOn(String.prototype, "indexOf").mockImplementation(function (this: string, ...words) {
    const at = found.apply(this, words);
    searched += (at === -1 ? this.length : at) - (words[1] ?? 0);
    return at;
  });
  const joining = vi.spyOn(Array.prototype, "join").mockImplementation(function (this: unknown[], separator) {
    const text = join.call(this, separator);
    joined += text.length;
    return text;
  });
  try {
    const parser = new SseParser((event) => events.push(event));
    parser.push(encode("data: "));
    for (let sent = 0; sent < size; sent += piece.length) parser.push(piece);
    parser.push(encode("\n\n"));
  } finally {
    searching.mockRestore();
    joining.mockRestore();
  }
  expect(events).toHaveLength(1);
  expect(events[0]!.data.length).toBe(size);
  expect(searched).toBeLessThan(4 * size);
  expect(joined).toBeLessThan(3 * size);
});

test("an event that is larger than allowed ends the parsing, whether as one line or as many", () => {
  const feed = (text: string) => () => parse([encode(text)], 1000);
  expect(feed(`data: ${"x".repeat(990)}\n\n`)).not.toThrow();
  expect(feed(`data: ${"x".repeat(1001)}`)).toThrow(EventTooLargeError);
  expect(feed("data: 0123456789\n".repeat(100))).toThrow(EventTooLargeError);
  expect(feed("data: 0123456789\n\n".repeat(1000))).not.toThrow();
});
