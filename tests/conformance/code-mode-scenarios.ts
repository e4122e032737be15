import { call, customCall, message, respond, type Step } from "../support/fake-model.ts";
import type { Played, Scenario } from "../support/scenario.ts";
import { commonRules } from "./rules.ts";

const last = respond([message("msg_last", "answer")]);

type Asked = string | [name: string, args: unknown, extra?: Record<string, unknown>];

const item = (asked: Asked, id: string): ReturnType<typeof call> =>
  typeof asked === "string" ? customCall(id, "exec", asked) : call(id, ...asked);

/** Scripts, and calls beside them, each in a response of its own. */
const calls = (...asked: Asked[]): Step[] => [
  ...asked.map((one, index) => respond([item(one, `c${index + 1}`)])),
  last,
];

const turn = (...rest: string[]): Scenario["turns"][number] => ({
  argv: ["exec", "--json", "--skip-git-repo-check", "-s", "workspace-write", ...rest, "go"],
  // A process for each script: from the sources and beside other tests they take their time.
  limitMs: 110_000,
});

/** Of what is not in our hands: how long things took, the words of a parser, and the lines that the language adds to a stack. */
const scriptRules = {
  ...commonRules,
  freeWordings: [
    ...(commonRules.freeWordings ?? []),
    { pattern: /^(exec pragma must be valid JSON .*?): .*$/s, becomes: "$1: <text>" },
    { pattern: /\n {4}at (JSON\.)?(stringify|parse) \(<anonymous>\)/g, becomes: "" },
  ],
};

const pixel =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
const js = JSON.stringify;

const patch = (name: string): string => `*** Begin Patch\n*** Add File: ${name}\n+zed\n*** End Patch\n`;

/** Features that Codex counts as unfinished are warned of there. */
function withoutWarnings(real: Played): Played {
  const isWarning = (event: unknown): boolean => (event as { item?: { type?: string } }).item?.type === "error";
  return {
    ...real,
    runs: real.runs.map((run) => ({ ...run, events: run.events.filter((event) => !isWarning(event)) })),
  };
}

/** Models that work by scripts: what they are sent, and what they are answered. */
export const codeModeScenarios: Scenario[] = [
  {
    name: "a command and a patch by script, and a prompt",
    script: () =>
      calls(
        `const r = await tools.exec_command({cmd:"echo hi from code; exit 2"});\ntext(r);\nconst p = await tools.apply_patch(${js(patch("z.txt"))}); text(p);`,
      ),
    turns: [turn()],
  },
  {
    name: "values, globals and names",
    script: () =>
      calls(
        `text("s"); text({a: [1]}); text(undefined); text(null); text(10n); text(Symbol("x")); text(() => 1); text(new Map([[1, 2]])); text("a", "b"); text()`,
        `const own = new Set(["tools", "ALL_TOOLS"]); text(Object.getOwnPropertyNames(globalThis).filter((name) => !own.has(name)).sort())`,
        `text([typeof console, typeof process, typeof require, typeof tools.exec, typeof tools.wait, typeof tools.clock__sleep, typeof tools.spawn_agent, typeof tools.request_user_input])`,
        `text(this); text(import.meta); text(eval("1+1") + new Function("return 3")()); export const x = 1`,
        `text((await tools.clock__curr_time({})).current_time.length); text(load("none")); text(ALL_TOOLS.every(({name, description}) => typeof name + typeof description === "stringstring"))`,
      ),
    turns: [turn()],
  },
  {
    name: "first lines with options, right and wrong",
    script: () =>
      calls(
        " ",
        `// @exec: {"yield_time_ms": 100}`,
        `// @exec: {"yield_time_ms": 100\ntext(1)`,
        `// @exec: [1]\ntext(1)`,
        `// @exec:\ntext(1)`,
        `// @exec: {"foo": 1}\ntext(1)`,
        `// @exec: {"yield_time_ms": -1}\ntext(1)`,
        `// @exec: {"max_output_tokens": 1.5}\ntext(1)`,
        `// @exec: {}\ntext(1)`,
        `  // @exec:{"yield_time_ms": 20000, "max_output_tokens": null}\r\ntext(2)`,
        `\n// @exec: {"foo": 1}\ntext(3)`,
        `1`,
      ),
    rules: scriptRules,
    turns: [turn()],
  },
  {
    name: "output that is cut",
    script: () =>
      calls(
        `// @exec: {"max_output_tokens": 5}\ntext("x".repeat(500)); text("second")`,
        `text("a\\nb\\n"); text("c\\n".repeat(20000))`,
        `// @exec: {"max_output_tokens": 5}\ntext("x".repeat(50)); image(${js(pixel)}); text("tail")`,
        `// @exec: {"max_output_tokens": 100000}\ntext("x".repeat(60000)); text("y")`,
        `text(""); text("z")`,
        `text((await tools.exec_command({cmd: "seq 1 20000"})).output.length); text((await tools.exec_command({cmd: "seq 1 20000", max_output_tokens: 20})).output)`,
      ),
    turns: [turn()],
  },
  {
    name: "scripts that fail",
    script: () =>
      calls(
        `function deep() { throw new TypeError("bad") }\nfunction deeper() { deep() }\ndeeper()`,
        `syntax error here`,
        `return 5`,
        `throw {a: 1}`,
        `throw null`,
        `const e = new Error("x"); e.stack = "custom"; throw e`,
        `import fs from "fs"`,
        `await import("fs")`,
        `setTimeout(() => { throw new Error("in timer") }, 1); await new Promise((r) => setTimeout(r, 2000))`,
        `async function f() { await null; throw new Error("later") }\nawait f()`,
        `const c = {}; c.c = c; text(c)`,
        `store("k", undefined)`,
        `text("said"); await tools.nope()`,
        `Promise.reject(new Error("forgotten")); await new Promise((r) => setTimeout(r, 20)); text("still")`,
      ),
    rules: scriptRules,
    turns: [turn()],
  },
  {
    name: "calls that fail",
    script: () =>
      calls(
        `for (const bad of ["echo hi", 5, null, []]) await tools.exec_command(bad).catch(text)`,
        `for (const bad of [undefined, {input: "x"}]) await tools.apply_patch(bad).catch(text)`,
        `await tools.apply_patch("foo").catch((e) => text(typeof e + e))`,
        `await tools.apply_patch(${js(patch("/nope/z.txt"))}).catch(text)`,
        `await tools.write_stdin({session_id: 1}).catch(text)`,
        `await tools.exec_command({cmd: "echo x", sandbox_permissions: "require_escalated", justification: "y"}).catch(text)`,
        `await tools.exec_command()`,
      ),
    turns: [turn()],
  },
  {
    name: "values for later scripts, also of one that fails",
    script: () =>
      calls(
        `store("k", {a: [1, undefined]}); text(load("k"))`,
        `store("late", 1); throw 5`,
        `text(load("k")); text(load("late")); text(load("none"))`,
      ),
    turns: [turn()],
  },
  {
    name: "images and blocks",
    script: () =>
      calls(
        `image(${js(pixel)}); image({image_url: ${js(pixel)}, detail: "high"}, "low"); content({type: "image", mimeType: "image/png", data: ${js(pixel.slice(22))}}); content([{type: "text", text: "block"}])`,
        `image("https://example.com/a.png")`,
        `image(5)`,
        `image({image_url: ${js(pixel)}, detail: "bogus"})`,
        `image("data:image/png;base64,AAAA"); generatedImage({image_url: "data:image/png;base64,AAAA", output_hint: "hint"}); audio("data:audio/wav;base64,AAAA")`,
        `content("str")`,
      ),
    turns: [turn()],
  },
  {
    name: "a script that goes on is waited for, and stopped",
    script: () =>
      calls(
        `text("a"); yield_control(); text("b"); await new Promise((r) => setTimeout(r, 300)); text("c")`,
        ["wait", { cell_id: "1" }],
        ["wait", { cell_id: "1" }],
        `// @exec: {"yield_time_ms": 0}\ntext(1); for (;;);`,
        ["wait", { cell_id: "2", yield_time_ms: 5000 }],
        ["wait", { cell_id: "2", terminate: true }],
        ["wait", { cell_id: "2", max_tokens: 2 }],
        ["wait", { cell_id: "nope" }],
        ["wait", {}],
      ),
    turns: [turn()],
  },
  {
    name: "calls side by side; what is not awaited is cancelled",
    script: () =>
      calls(
        `const all = await Promise.all([1, 2, 3].map((n) => tools.exec_command({cmd: "sleep 0.3; echo " + n}))); text(all.map((r) => r.output))`,
        `tools.exec_command({cmd: "sleep 30"}).catch(() => {}); text("not awaited")`,
        `for await (const {index, status} of as_settled([tools.exec_command({cmd: "sleep 1"}), Promise.reject(1)])) text([index, status])`,
      ),
    turns: [turn()],
  },
  {
    // The real one mixes up the order of several.
    name: "notes beside the output",
    script: () => calls(`notify("one"); text("said")`, `notify({two: 2})`, `notify()`),
    turns: [turn()],
  },
  {
    name: "a command that goes on, and what it is sent",
    script: () =>
      calls(
        `const r = await tools.exec_command({cmd: "cat", tty: true, yield_time_ms: 1000}); store("id", r.session_id); text(Object.keys(r)); text(r.output)`,
        `const r = await tools.write_stdin({session_id: load("id"), chars: "hey\\n", yield_time_ms: 5000}); text(r.output)`,
        `const r = await tools.write_stdin({session_id: load("id"), chars: "\\u0004", yield_time_ms: 20000}); text(Object.keys(r)); text(r.exit_code)`,
      ),
    turns: [turn()],
  },
  {
    name: "a patch as a command, and an image that is looked at",
    script: () =>
      calls(
        `const r = await tools.exec_command({cmd: ${js(`apply_patch <<'EOF'\n${patch("y.txt")}EOF`)}}); text(Object.keys(r)); text(r.output)`,
        `text(Object.keys(await tools.view_image({path: "p.png"})))`,
      ),
    stage: { files: { "p.png": Buffer.from(pixel.slice(22), "base64") } },
    rules: {
      ...scriptRules,
      freeWordings: [...scriptRules.freeWordings, { pattern: /Wall time: [0-9.]+ s/g, becomes: "Wall time" }],
    },
    turns: [turn()],
  },
  {
    name: "time that passes",
    script: () =>
      calls(
        ["sleep", { duration_ms: 30 }, { namespace: "clock" }],
        ["sleep", { duration_ms: 0 }, { namespace: "clock" }],
        ["sleep", { duration_ms: 43_200_001 }, { namespace: "clock" }],
        ["sleep", { duration_ms: 1 }],
        `// @exec: {"yield_time_ms": 0}\nawait new Promise((r) => setTimeout(r, 8000)); notify("wake up")`,
        ["sleep", { duration_ms: 90_000 }, { namespace: "clock" }],
      ),
    turns: [turn()],
  },
  {
    name: "tools that are called without a script, and by both of their names",
    script: () =>
      calls(["exec_command", { cmd: "echo direct" }], ["wait", { cell_id: "9" }, { namespace: "functions" }]),
    turns: [turn()],
  },
  {
    name: "a script that is sent as a function's arguments",
    script: () => calls(["exec", { input: "text(1)" }]),
    turns: [turn()],
    wanted: {
      reason: "the model learns what it did wrong",
      change: (real) =>
        JSON.parse(
          JSON.stringify(real).replaceAll('"output":"aborted"', '"output":"unsupported call: exec"'),
        ) as Played,
    },
  },
  ...["gpt-5.6-luna", "gpt-6-luna"].map((model): Scenario => ({
    name: `what ${model} is offered beside its scripts`,
    script: () => calls(`text(1)`),
    turns: [turn("-m", model)],
  })),
  {
    name: "by the feature: a model of the classic kind",
    script: () => calls(`text(await tools.apply_patch(${js(patch("x.txt"))}))`),
    turns: [turn("-m", "gpt-5.5", "--enable", "code_mode_only")],
    wanted: { reason: "it works, and whoever wrote it knows that it was asked for", change: withoutWarnings },
  },
];
