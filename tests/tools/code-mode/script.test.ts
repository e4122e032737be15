import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nestedTools } from "../../../src/tools/code-mode/nested-tools.ts";
import { functionTool, heard, scriptBench, type ScriptBench } from "./bench.ts";

const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

const tools = [
  functionTool("double", ({ n }) => ({ n: Number(n) * 2 })),
  functionTool("greet", ({ who }) => `hello ${String(who)}`),
  functionTool("fail", () => Promise.reject(new Error("it went wrong"))),
];

let bench: ScriptBench;
beforeEach(() => {
  bench = scriptBench(tools);
});
afterEach(() => bench.close());

const said = async (source: string): Promise<string[]> => heard(await bench.exec(source)).said;

describe("a script", () => {
  it("says texts and values", async () => {
    const values = `text("a"); text({b: 1}); text(undefined); text(null); text([1, undefined]); text(10n); text(() => 1); text(1.5)`;
    expect(await said(values)).toEqual(["a", '{"b":1}', "undefined", "null", "[1,null]", "10", "undefined", "1.5"]);
  });

  it("calls tools, by the names that it is told", async () => {
    expect(
      await said(
        `text(await tools.double({n: 4})); text(await tools.greet({who: "you"})); text(ALL_TOOLS.map((tool) => tool.name))`,
      ),
    ).toEqual(['{"n":8}', "hello you", '["double","fail","greet"]']);
  });

  it("hears why a call failed, as a text", async () => {
    expect(await said(`try { await tools.fail() } catch (error) { text(typeof error); text(error) }`)).toEqual([
      "string",
      "it went wrong",
    ]);
    expect(await said(`for (const bad of ["x", 5, null, []]) await tools.double(bad).catch(text)`)).toEqual(
      Array(4).fill("tool `double` expects a JSON object for arguments"),
    );
  });

  it("shows images, and what cannot be one as a text", async () => {
    const shown = await bench.exec(
      `image("data:x/y;base64,${pixel}"); image({type: "image", mimeType: "image/png", data: "${pixel}"}); image("data:image/png;base64,AAAA"); content([{type: "text", text: "t"}, {type: "image", mimeType: "image/png", data: "${pixel}"}])`,
    );
    const url = `data:image/png;base64,${pixel}`;
    expect(heard(shown).said).toEqual([url, url, "image content omitted because it could not be processed", "t", url]);
    expect(heard(await bench.exec(`image("https://example.com/x.png")`)).said.join()).toContain("remote image URLs");
  });

  it("keeps values for later scripts, also when it fails", async () => {
    expect(await said(`store("k", {a: [1]}); text(load("k")); text(load("none"))`)).toEqual(['{"a":[1]}', "undefined"]);
    await said(`store("late", 1); throw new Error("no")`);
    expect(await said(`text(load("k")); text(load("late")); store("k", () => 1)`)).toEqual([
      '{"a":[1]}',
      "1",
      'Script error:\nUnable to store "k". Only plain serializable objects can be stored.',
    ]);
  });

  it("cannot keep more than there is room for", async () => {
    expect((await said(`store("big", "x".repeat(17e6))`)).join()).toMatch(/Unable to store "big"\. Only \d+ more/);
  });

  it("ends at exit, and its process with it", async () => {
    const result = await bench.exec(`text("a"); setTimeout(() => {}, 1e6); exit(); text("b")`);
    expect(heard(result)).toEqual({ state: "Script completed", said: ["a"] });
  });

  it("fails with the place in it", async () => {
    expect(heard(await bench.exec(`function deep() {\n  throw new TypeError("bad")\n}\ndeep()`))).toEqual({
      state: "Script failed",
      said: ["Script error:\nTypeError: bad\n    at deep (exec_main.mjs:2:9)\n    at exec_main.mjs:4:1"],
    });
    expect(await said(`throw {a: 1}`)).toEqual(["Script error:\n[object Object]"]);
    expect(await said(`setTimeout(() => { throw new Error("in a timer") }, 1); await new Promise(() => {})`)).toEqual([
      "Script error:\nError: in a timer\n    at exec_main.mjs:1:26",
    ]);
    expect(await said(`let x = ;`)).toEqual(["Script error:\nSyntaxError: Unexpected token ';'"]);
  });

  it("takes results as they come", async () => {
    const source = `const fast = new Promise((resolve) => setTimeout(() => resolve("fast"), 1));
const slow = fast.then(() => new Promise((resolve) => setTimeout(() => resolve("slow"), 1)));
for await (const {index, status, value, reason} of as_settled([slow, Promise.reject("no"), fast])) text([index, status, value ?? reason]);
await stream_settled(new Map([["key", 1]]), text)`;
    expect(await said(source)).toEqual([
      '[1,"rejected","no"]',
      '[2,"fulfilled","fast"]',
      '[0,"fulfilled","slow"]',
      '{"index":"key","status":"fulfilled","value":1}',
    ]);
  });

  it("tells things at once, beside its output", async () => {
    expect(await said(`notify("one"); notify({two: 2}); text("three")`)).toEqual(["three"]);
    expect(bench.notes).toEqual(["one", '{"two":2}']);
  });

  it("is a module of nothing", async () => {
    expect(await said(`import fs from "fs"`)).toEqual(["Script error:\nUnsupported import in exec: fs"]);
    expect(await said(`text(typeof this); text(import.meta); export const x = 1`)).toEqual(["undefined", "{}"]);
    expect(await said(`return 1`)).toEqual(["Script error:\nSyntaxError: Illegal return statement"]);
  });
});

describe("the names of tools", () => {
  it("are identifiers, with their namespace before them; the model's own tools are not among them", () => {
    const plain = functionTool("read-file", () => "");
    const member = { ...functionTool("get.it", () => ""), namespace: { name: "mcp__a-b", description: "D." } };
    const own = [
      functionTool("exec", () => ""),
      functionTool("wait", () => ""),
      functionTool("request_user_input", () => ""),
    ];
    const agent = { ...functionTool("spawn_agent", () => ""), namespace: { name: "collaboration", description: "" } };
    expect(nestedTools([plain, member, ...own, agent]).map(({ name }) => name)).toEqual([
      "mcp__a_b__get_it",
      "read_file",
    ]);
  });

  it("of two that become the same the first one stays", () => {
    const [first, second] = [functionTool("a-b", () => ""), functionTool("a.b", () => "")];
    expect(nestedTools([first, second]).map(({ tool }) => tool)).toEqual([first]);
  });
});
