import { expect, it } from "vitest";
import { askCodex, load, put, withStage } from "./place.ts";

async function read(text: string, env: Record<string, string> = {}): Promise<Record<string, string>> {
  let found: Record<string, string> = {};
  await withStage({ homeFiles: { ".env": text } }, async (stage) => {
    const { environment } = await load(stage, { env: { ...stage.env, ...env } });
    found = Object.fromEntries(Object.entries(environment).filter(([name]) => !(name in stage.env)));
  });
  return found;
}

it("reads quotes, escapes, comments, export and letters of any language", async () => {
  const text = `C=x # y\nD='q' # z\nE="a\\nb"\nF="café"\nexport G = 2\nH='a\\nb'\nI=\nK=a=b # c\n# L=1\nM=x#y\r\n`;
  expect(await read(text)).toEqual({
    C: "x",
    D: "q",
    E: "a\nb",
    F: "café",
    G: "2",
    H: "a\\nb",
    I: "",
    K: "a=b",
    M: "x#y",
  });
});

it("takes no name that begins with CODEX_, and nothing that is set already", async () => {
  expect(await read("CODEX_HOME=/x\ncodex_y=1\nA=file\nB=${A}\n", { A: "set" })).toEqual({ A: "set", B: "set" });
});

const shared = [
  "A=1",
  "export B = 2",
  "C=x # y",
  "D='q' # z",
  "E='a\\tb'",
  'F="q"x',
  "G=a=b",
  "H=x#y",
  "I=${A}z",
  "J='$A'",
  "K=first",
  "K=second",
  "L=\\$A",
  'M="a\\"b"',
  "N='it'\\''s'",
  "O=$NOBODY-",
  "this is no assignment",
  "P=after",
  "Q='never ends",
  "R=lost",
];

it("gives what the real Codex gives", async () => {
  const names = [
    ...new Set(shared.map((line) => /^(?:export )?([A-Z])\b/.exec(line)?.[1]).filter(Boolean)),
  ] as string[];
  const headers = names.map((name) => `"x-e-${name.toLowerCase()}" = "${name}"`).join(", ");
  const homeFiles = { ".env": `${shared.join("\n")}\n` };
  await askCodex(
    (baseUrl) => ({ baseUrl, homeFiles, provider: `env_http_headers = { ${headers} }` }),
    ["--skip-git-repo-check", "hi"],
    async (stage, _outcome, requests) => {
      const sent = Object.entries(requests[0]!.headers).filter(([name]) => name.startsWith("x-e-"));
      expect(sent).toHaveLength(16);
      expect(Object.fromEntries(sent)).toEqual((await load(stage)).provider.headers);
    },
  );
});

it("lets a variable that is set win over the file, where the real Codex lets the file win", async () => {
  await askCodex(
    (baseUrl) => ({ baseUrl, env: { MINE: "set" }, provider: 'env_http_headers = { "x-mine" = "MINE" }' }),
    ["--skip-git-repo-check", "hi"],
    async (stage, _outcome, requests) => {
      expect(requests[0]!.headers["x-mine"]).toBe("file");
      expect((await load(stage)).provider.headers).toEqual({ "x-mine": "set" });
    },
    (stage) => put(stage, "codex-home/.env", "MINE=file\n"),
  );
});

it("takes a value with blanks without quotes, which the real Codex drops", async () => {
  expect(await read('A=1\nR=  spaced out  \nS="$A"\n')).toEqual({ A: "1", R: "spaced out", S: "1" });
});
