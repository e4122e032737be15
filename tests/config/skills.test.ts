import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseFrontMatter } from "../../src/config/instructions/front-matter.ts";
import { discoverSkills, findMentions, skillMessage, type Skill } from "../../src/config/instructions/skills.ts";
import type { Stage } from "../support/run.ts";
import { askCodex, load, put, userTexts, withStage } from "./place.ts";

const skillFile = (name: string, description = "does it"): string =>
  `---\nname: ${name}\ndescription: ${description}\n---\nbody of ${name}\n`;

async function discover(stage: Stage, cwd = "."): Promise<ReturnType<typeof discoverSkills>> {
  const config = await load(stage, { cwd });
  const sources = {
    codexHome: config.homes.codex,
    userHome: config.homes.user,
    cwd: config.cwd,
    projectRoot: config.projectRoot,
  };
  return discoverSkills({ ...sources, disabled: config.disabledSkills });
}

/** What both send for a prompt, the real one's own skills aside. */
async function compareMessages(
  prompt: string | ((stage: Stage) => string),
  prepare: (stage: Stage) => Promise<void>,
  cwd = ".",
  config = "",
): Promise<string[]> {
  let ours: string[] = [];
  const argv = ["--skip-git-repo-check", "-"];
  await askCodex(
    (baseUrl) => ({ git: true, baseUrl, config: `model = "gpt-5.5"\n${config}` }),
    argv,
    async (stage, _outcome, requests) => {
      const text = typeof prompt === "string" ? prompt : prompt(stage);
      ours = findMentions(text, (await discover(stage, cwd)).skills).map((skill) => skillMessage(skill) ?? "gone");
      expect(ours).toEqual(userTexts(requests[0]).filter((part) => part.startsWith("<skill>")));
    },
    async (stage) => {
      await prepare(stage);
      argv[argv.length - 1] = typeof prompt === "string" ? prompt : prompt(stage);
    },
    (stage) => join(stage.workspace, cwd),
  );
  return ours;
}

describe("skills", () => {
  it("are found where Codex finds them and injected as Codex injects them, in its order", async () => {
    const places = {
      mine: "codex-home/skills/mine",
      house: "home/.agents/skills/house",
      root: "workspace/.agents/skills/root",
      deep: "workspace/.agents/skills/x/y/deep",
      nested: "workspace/a/.agents/skills/nested",
      six: "workspace/.agents/skills/1/2/3/4/5/six",
      seven: "workspace/.agents/skills/1/2/3/4/5/6/seven",
      hidden: "workspace/.agents/skills/.hidden",
    };
    const prompt = Object.keys(places)
      .map((name) => `$${name}`)
      .join(" ");
    const messages = await compareMessages(
      prompt,
      async (stage) => {
        for (const [name, place] of Object.entries(places)) await put(stage, `${place}/SKILL.md`, skillFile(name));
      },
      "a",
    );
    expect(messages).toHaveLength(6);
  });

  const foo = "workspace/.agents/skills/foo/SKILL.md";
  it.each([
    ["x$foo-bar, ($foo). $Foo $foo_", 2],
    ["$foo:bar", 0],
    ["$foo/bar", 1],
    ["$foo\u00e9", 1],
    ["\\$foo and a$foo", 1],
    ["[$foo](/elsewhere/SKILL.md)", 0],
    ["$PATH or $home", 0],
    ["$foo-bar $foo $foo", 2],
  ])("are mentioned in %j as for Codex", async (prompt, count) => {
    const messages = await compareMessages(prompt, async (stage) => {
      for (const name of ["foo", "foo-bar", "PATH", "home"])
        await put(stage, foo.replace("foo", name), skillFile(name));
    });
    expect(messages).toHaveLength(count);
  });

  it("of one name are told apart by a link to one of them", async () => {
    const prepare = async (stage: Stage): Promise<void> => {
      await put(stage, foo, skillFile("foo", "of the project"));
      await put(stage, "codex-home/skills/foo/SKILL.md", skillFile("foo", "of the user"));
    };
    expect(await compareMessages("$foo", prepare)).toEqual([]);
    expect(await compareMessages((stage) => `[$foo](${stage.codexHome}/skills/foo/SKILL.md)`, prepare)).toEqual([
      expect.stringContaining("of the user"),
    ]);
  });

  it("are switched off by name and by path", async () => {
    const config = '[[skills.config]]\nname = "foo"\nenabled = false\n';
    expect(
      await compareMessages(
        "$foo $bar",
        async (stage) => {
          for (const name of ["foo", "bar"]) await put(stage, foo.replace("foo", name), skillFile(name));
        },
        ".",
        config,
      ),
    ).toHaveLength(1);
  });

  it("follow linked folders, each real file once, through loops", async () => {
    await withStage({ git: true }, async (stage) => {
      await put(stage, "elsewhere/one/SKILL.md", skillFile("one"));
      const skills = join(stage.workspace, ".agents/skills");
      mkdirSync(skills, { recursive: true });
      symlinkSync(join(stage.root, "elsewhere"), join(skills, "a"));
      symlinkSync(join(stage.root, "elsewhere"), join(skills, "b"));
      symlinkSync(".", join(skills, "loop"));
      expect((await discover(stage)).skills.map((skill) => skill.path)).toEqual([join(skills, "a/one/SKILL.md")]);
    });
  });

  it("that cannot be used are reported with the reason", async () => {
    const broken: Record<string, [string | Uint8Array, string]> = {
      plain: ["hello", "front matter"],
      open: ["---\nname: open\ndescription: d\n", "front matter"],
      bare: ["---\nname: bare\n---\n", "no description"],
      long: [skillFile("n".repeat(65)), "longer than 64"],
      large: [`${skillFile("large")}${"x".repeat(1 << 20)}`, "larger than"],
    };
    await withStage({ git: true }, async (stage) => {
      for (const [name, [content]] of Object.entries(broken)) await put(stage, foo.replace("foo", name), content);
      await put(stage, foo, "\ufeff---\r\ndescription: only this\r\n---\r\n");
      const { skills, problems } = await discover(stage);
      expect(skills).toMatchObject([{ name: "foo", description: "only this", scope: "repo", listed: true }]);
      expect(problems).toHaveLength(Object.keys(broken).length);
      for (const [name, [, reason]] of Object.entries(broken)) {
        expect(problems.find((problem) => problem.path.includes(`/${name}/`))?.reason).toContain(reason);
      }
    });
  });

  it("can be kept out of the list and still be mentioned", async () => {
    await withStage({ git: true }, async (stage) => {
      await put(stage, foo, skillFile("foo"));
      await put(
        stage,
        "workspace/.agents/skills/foo/agents/openai.yaml",
        "policy:\n  allow_implicit_invocation: false\n",
      );
      const { skills } = await discover(stage);
      expect(skills[0]).toMatchObject({ name: "foo", listed: false });
      expect(findMentions("$foo", skills)).toHaveLength(1);
    });
  });

  it("whose sidecar is a named pipe or a link to a device are as if they had none", async () => {
    await withStage({ git: true }, async (stage) => {
      const folder = join(stage.workspace, ".agents/skills");
      for (const name of ["pipe", "device", "within"]) {
        await put(stage, `workspace/.agents/skills/${name}/SKILL.md`, skillFile(name));
        mkdirSync(join(folder, name, "agents"));
      }
      await put(stage, "workspace/shared.yaml", "policy:\n  allow_implicit_invocation: false\n");
      execFileSync("mkfifo", [join(folder, "pipe/agents/openai.yaml")]);
      symlinkSync(join(stage.workspace, "shared.yaml"), join(folder, "within/agents/openai.yaml"));
      symlinkSync("/dev/zero", join(folder, "device/agents/openai.yaml"));
      const { skills } = await discover(stage);
      expect(skills.map(({ name, listed }) => [name, listed])).toEqual([
        ["device", true],
        ["pipe", true],
        ["within", false],
      ]);
    });
  });

  it("of whose sidecar every line is empty are found at once", async () => {
    await withStage({ git: true }, async (stage) => {
      await put(stage, foo, skillFile("foo"));
      await put(stage, "workspace/.agents/skills/foo/agents/openai.yaml", "\n".repeat(1 << 20));
      expect((await discover(stage)).skills).toMatchObject([{ name: "foo", listed: true }]);
    });
  });

  it("that vanish after discovery give no message", () => {
    const gone: Skill = { name: "x", description: "x", path: "/nowhere/SKILL.md", scope: "user", listed: true };
    expect(skillMessage(gone)).toBeNull();
  });
});

describe("front matter", () => {
  it.each([
    ["description: plain: with colon # and a comment", "plain: with colon"],
    ['description: "quoted # \\"x\\"" # comment', 'quoted # "x"'],
    ["description: 'it''s # here'", "it's # here"],
    ["description: |\n  one\n    two\n\n  three\nother: x", "one\n  two\n\nthree"],
    ["description: >-\n  one\n  two\n\n  three", "one two\n\nthree"],
    ["description: one\n  two\n  three", "one two three"],
    ["# description: no\ndescription: yes", "yes"],
    ["nested:\n  description: no\ndescription: yes", "yes"],
    ["description:", ""],
    ["description: c#", "c#"],
  ])("reads %j", (lines, description) => {
    expect(parseFrontMatter(`---\n${lines}\n---\nbody`)?.get("description")).toBe(description);
  });
});
