import { describe, expect, it } from "vitest";
import { alone, both } from "./both.ts";

describe("flags before the word exec", () => {
  it.each([
    [["-m", "gpt-5.4", "-s", "workspace-write", "exec", "hi"], "gpt-5.4", "workspace-write"],
    [["-m", "gpt-5.4", "exec", "-m", "gpt-5.5", "hi"], "gpt-5.5", "read-only"],
    [
      ["-c", 'model="gpt-5.4"', "-c", 'sandbox_mode="read-only"', "exec", "-c", 'sandbox_mode="workspace-write"', "hi"],
      "gpt-5.4",
      "workspace-write",
    ],
    [["-m", "gpt-5.4", "exec", "resume", "--last", "hi"], "gpt-5.4", "read-only"],
  ])("count as they do behind it, and less: %j", async (argv, model, sandbox) => {
    const seen = await both({ argv, git: true }, ({ stderr, code }) => [
      code,
      /^model: (.*)$/m.exec(stderr)?.[1],
      /^sandbox: ([\w-]+)/m.exec(stderr)?.[1],
    ]);
    expect(seen).toEqual({ codex: [0, model, sandbox], ours: [0, model, sandbox] });
  });

  it("colours are as they were wanted there", async () => {
    const escapes = (wanted: string): Promise<boolean> =>
      alone({ argv: ["--color", wanted, "exec", "hi"], git: true }, ({ stderr }) => stderr.includes("\u001b["));
    expect([await escapes("always"), await escapes("never")]).toEqual([true, false]);
  });
});

describe("--mode", () => {
  it.each([
    ["plan", "read-only"],
    ["ask", "workspace-write"],
    ["auto", "workspace-write"],
    ["full", "danger-full-access"],
  ])("%s decides what exec may touch", async (mode, sandbox) => {
    const seen = await alone({ argv: ["exec", "--mode", mode, "hi"], git: true }, ({ stderr, model }) => [
      /^sandbox: ([\w-]+)/m.exec(stderr)?.[1],
      JSON.stringify(model.requests[0]!.body).includes("The mode is Plan"),
    ]);
    expect(seen).toEqual([sandbox, mode === "plan"]);
  });

  it("leaves the sandbox to -s, where that is given as well", async () => {
    const argv = ["exec", "--mode", "full", "-s", "read-only", "hi"];
    expect(await alone({ argv, git: true }, ({ stderr }) => /^sandbox: (.*)$/m.exec(stderr)?.[1])).toBe("read-only");
  });

  it("stands behind resume, too", async () => {
    const seen = await alone({ argv: ["exec", "resume", "--last", "--mode", "plan", "hi"], git: true }, ({ model }) =>
      JSON.stringify(model.requests[0]!.body).includes("The mode is Plan"),
    );
    expect(seen).toBe(true);
  });
});
