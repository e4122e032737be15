import { existsSync, mkdirSync, readdirSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { OutputParseError, ValidationError } from "../../src/sdk/index.ts";
import { problemIn } from "../../src/protocol/schemas/json-schema.ts";
import { sweepSchemaFiles } from "../../src/sdk/exec/schema-file.ts";
import { failure, program, schemaFolders } from "./exec/scripted.ts";

/** Answers with what the environment says, and notes the file and its rights. */
const answering = `
  const file = args[args.indexOf("--output-schema") + 1];
  note("file", file);
  note("schema", fs.readFileSync(file, "utf8"));
  note("modes", [file, path.dirname(file)].map((each) => (fs.statSync(each).mode & 0o777).toString(8)).join(" "));
  begin(); text(process.env.ANSWER ?? '{"answer":"x"}'); done();
`;
const schema = {
  type: "object",
  properties: { answer: { type: "string" } },
  required: ["answer"],
  additionalProperties: false,
} as const;

describe("the file", () => {
  it("XS-114: is there during the turn, for this user alone, and gone afterwards", async () => {
    const { thread, noted } = await program(answering);
    const turn = await thread().run("go", { outputSchema: schema });
    expect(turn.parsed).toEqual({ answer: "x" });
    expect(JSON.parse(noted("schema")!)).toEqual(schema);
    expect(noted("modes")).toBe("600 700");
    expect(noted("file")).toMatch(/\/codex-output-schema-\w+\/schema\.json$/);
    expect(existsSync(dirname(noted("file")!))).toBe(false);
  });

  it("XS-114: is gone after a failure, a bad start and an abort", async () => {
    const failing = await program(`note("file", args[args.indexOf("--output-schema") + 1]); begin(); process.exit(1);`);
    await failure(failing.thread().run("go", { outputSchema: schema }));
    expect(existsSync(failing.noted("file")!)).toBe(false);
    await failure(failing.thread({ codexPathOverride: "/nowhere" }).run("go", { outputSchema: schema }));
    const hanging = await program(`begin(); stay();`);
    const abort = new AbortController();
    const onEvent = (): void => abort.abort();
    await failure(hanging.thread().run("go", { outputSchema: schema, signal: abort.signal, onEvent }));
    expect(await schemaFolders()).toEqual([]);
  });

  it("is not made for what is no schema", async () => {
    const { thread, calls } = await program(answering);
    const cyclic: Record<string, unknown> = {};
    cyclic["self"] = cyclic;
    class Mine {
      readonly type = "object";
    }
    for (const bad of [null, [], "text", 1, true, new Mine(), new Map(), cyclic, { big: 1n }, () => ({})]) {
      const error = await failure(thread().run("go", { outputSchema: bad }));
      expect(error, String(bad)).toBeInstanceOf(ValidationError);
      expect(error.message).toMatch(/^outputSchema /);
    }
    expect(calls()).toEqual([]);
    expect(await schemaFolders()).toEqual([]);
  });

  it("of a process that was killed is swept when it is a day old", async () => {
    for (const name of ["codex-output-schema-old", "codex-output-schema-new", "other"]) mkdirSync(join(tmpdir(), name));
    const old = (Date.now() - 25 * 3_600_000) / 1000;
    for (const name of ["codex-output-schema-old", "other"]) utimesSync(join(tmpdir(), name), old, old);
    await sweepSchemaFiles();
    const left = readdirSync(tmpdir());
    expect(left).toContain("codex-output-schema-new");
    expect(left).toContain("other");
    expect(left).not.toContain("codex-output-schema-old");
  });
});

describe("the answer", () => {
  it.each([
    ["not json", "The final response is not JSON"],
    ['{"answer":1}', "answer must be string, not number"],
    ['{"answer":"x","more":1}', "more is not allowed"],
    ["{}", "answer is missing"],
  ])("%s that does not fit is a warning, or an error under strictParse", async (answer, problem) => {
    const { thread } = await program(answering);
    const strange = thread({ env: { ANSWER: answer } });
    const turn = await strange.run("go", { outputSchema: schema });
    expect(turn).toMatchObject({ finalResponse: answer, parsed: undefined });
    expect(turn.warnings[0]).toContain(problem);
    const error = await failure(strange.run("go", { outputSchema: schema, strictParse: true }));
    expect(error).toBeInstanceOf(OutputParseError);
    expect(error).toMatchObject({ text: answer, code: "outputParse" });
  });

  it("without a schema nothing is parsed", async () => {
    const { thread } = await program(`begin(); text("{}"); done();`);
    expect(await thread().run("go")).toMatchObject({ parsed: undefined, warnings: [] });
  });
});

/** As schema libraries shape their objects. */
class LibrarySchema {
  readonly "~standard" = {
    version: 1,
    vendor: "test",
    types: undefined as undefined | { input: unknown; output: { answer: number } },
    validate: async (value: unknown) => {
      const { answer } = value as { answer: unknown };
      return typeof answer === "string" && answer !== "bad"
        ? { value: { answer: answer.length } }
        : { issues: [{ message: "is bad", path: [{ key: "answer" }] }] };
    },
  };

  toJSONSchema({ io }: { io: "input" | "output" }): object {
    if (io === "output") throw new Error("a transform has no schema of what comes out");
    return { type: "object", properties: { answer: { type: "string" } }, required: ["answer"] };
  }
}

describe("an object of a schema library", () => {
  it("gives the schema, closed as strict output needs it, and reads the answer", async () => {
    const { thread, noted } = await program(answering);
    const turn = await thread().run("go", { outputSchema: new LibrarySchema() });
    const typed: { answer: number } | undefined = turn.parsed;
    expect(typed).toEqual({ answer: 1 });
    expect(JSON.parse(noted("schema")!)).toEqual(schema);
    const bad = await thread({ env: { ANSWER: '{"answer":"bad"}' } }).run("go", { outputSchema: new LibrarySchema() });
    expect(bad.warnings).toEqual(["The final response does not satisfy outputSchema: answer: is bad"]);
  });

  it("may be a function, and may export by the standard's interface or as ArkType does", async () => {
    const { thread, noted } = await program(answering);
    const callable = Object.assign(() => {}, { toJsonSchema: () => schema });
    expect((await thread().run("go", { outputSchema: callable })).parsed).toEqual({ answer: "x" });
    const jsonSchema = { output: ({ target }: { target: string }) => ({ ...schema, title: target }) };
    const standard = { "~standard": { validate: (value: unknown) => ({ value }), jsonSchema } };
    await thread().run("go", { outputSchema: standard });
    expect(JSON.parse(noted("schema")!)).toMatchObject({ title: "draft-2020-12" });
  });
});

describe("a value against a JSON Schema", () => {
  const list = {
    $defs: {
      node: {
        type: "object",
        properties: { next: { $ref: "#/$defs/node" }, value: { type: "integer" } },
        required: ["value"],
      },
    },
    $ref: "#/$defs/node",
  };
  it.each<[unknown, unknown, string | null]>([
    [{ value: 1, next: { value: 2 } }, list, null],
    [{ value: 1, next: { value: 2.5 } }, list, "next.value must be integer, not number"],
    [{ value: 1, next: {} }, list, "next.value is missing"],
    [1, { $ref: "#" }, "the value lies too deep"],
    ["b", { enum: ["a", "b"] }, null],
    ["c", { enum: ["a", "b"] }, 'the value must be one of ["a","b"]'],
    [{ b: 1, a: [2] }, { const: { a: [2], b: 1 } }, null],
    [null, { type: ["string", "null"] }, null],
    [[1, "x"], { items: { type: "number" } }, "[1] must be number, not string"],
    [[1, 2], { prefixItems: [{ type: "number" }], items: { type: "string" } }, "[1] must be string, not number"],
    [[1, 1], { uniqueItems: true }, "the value has an entry twice"],
    [[], { minItems: 1 }, "the value must have 1 entries or more"],
    ["🐎🐎", { maxLength: 2 }, null],
    ["ab", { pattern: "^a$" }, "the value must match ^a$"],
    [0.3, { multipleOf: 0.1 }, null],
    [5, { maximum: 4 }, "the value must be 4 or less"],
    [4, { exclusiveMaximum: 4 }, "the value must be less than 4"],
    ["x", { anyOf: [{ type: "number" }, { type: "string" }] }, null],
    [true, { anyOf: [{ type: "number" }, { type: "string" }] }, "the value is none of what it may be"],
    [1, { oneOf: [{ type: "number" }, { type: "integer" }] }, "the value is not exactly one of what it may be"],
    [{ a: 1 }, { allOf: [{ required: ["a"] }, { required: ["b"] }] }, "b is missing"],
    [1, { not: { type: "number" } }, "the value is what it may not be"],
    [{ x1: "a" }, { patternProperties: { "^x": { type: "number" } } }, "x1 must be number, not string"],
    [{ a: 1 }, { additionalProperties: { type: "string" } }, "a must be string, not number"],
    [{ toString: 1 }, { properties: {}, additionalProperties: false }, "toString is not allowed"],
    [{ anything: 1 }, {}, null],
    [1, false, "the value is not allowed"],
  ])("%j in %j: %s", (value, against, problem) => {
    expect(problemIn(value, against)).toBe(problem);
  });
});
