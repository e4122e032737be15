import { expect, test } from "vitest";
import { type InputSource, readPrompt } from "../../../src/doors/exec/prompt.ts";

function source(data: string | Uint8Array | null): InputSource & { told: string[] } {
  const told: string[] = [];
  return {
    told,
    isTerminal: data === null,
    readAll: async () => {
      if (data === null) throw new Error("nobody types anything");
      return typeof data === "string" ? new TextEncoder().encode(data) : data;
    },
    tell: (line) => told.push(line),
  };
}

test("the argument alone is the prompt, as it is", async () => {
  expect(await readPrompt("  do it\n", source(null))).toBe("  do it\n");
});

test("without an argument stdin is the prompt, and it is said that it is waited for", async () => {
  const input = source(" from stdin\n");
  expect(await readPrompt(undefined, input)).toBe(" from stdin\n");
  expect(input.told).toEqual(["Reading prompt from stdin..."]);
});

test("a dash asks for stdin", async () => {
  expect(await readPrompt("-", source("x"))).toBe("x");
});

test("no prompt at all is none", async () => {
  expect(await readPrompt(undefined, source(null))).toBeNull();
  expect(await readPrompt(undefined, source(" \n"))).toBeNull();
  expect(await readPrompt("-", source(""))).toBeNull();
});

test("stdin beside an argument is added to it, closed by a line of its own", async () => {
  const input = source("data");
  expect(await readPrompt("sum up", input)).toBe("sum up\n\n<stdin>\ndata\n</stdin>");
  expect(input.told).toEqual(["Reading additional input from stdin..."]);
  expect(await readPrompt("sum up", source("data\n"))).toBe("sum up\n\n<stdin>\ndata\n</stdin>");
  expect(await readPrompt("sum up", source(" \n"))).toBe("sum up");
});

test("bytes that are no text are refused with advice", async () => {
  await expect(readPrompt(undefined, source(Uint8Array.of(0x66, 0xff)))).rejects.toThrow(/not valid UTF-8/);
  await expect(readPrompt("x", source(Uint8Array.of(0xc3)))).rejects.toThrow(/UTF-8/);
});

test("10 MB of input come through whole", async () => {
  const text = "é".repeat(5 * 1024 * 1024);
  expect(await readPrompt("-", source(text))).toBe(text);
});
