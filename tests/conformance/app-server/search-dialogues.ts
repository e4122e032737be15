import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { AppClient } from "../../support/app-client.ts";
import type { Stage } from "../../support/run.ts";
import type { Dialogue } from "./dialogue.ts";

const files = [
  "README.md",
  "src/main.ts",
  "src/maintain.ts",
  "src/deep/er/main.test.ts",
  "src/Main.java",
  "src/model/modelRegistry.ts",
  "src/model/model_catalog.ts",
  "docs/main/readme.txt",
  "docs/model2view/v10.md",
  "lib/fooBar.ts",
  "lib/foo_bar.ts",
  "lib/foo-bar.ts",
  "lib/foobar.ts",
  "lib/HTTPServerError.rs",
  "xmxaxixnx.txt",
  "ünï/Größe.txt",
  "Ääkkönen/ÅNGSTRÖM.txt",
  "日本語/ファイル.txt",
  "straße.md",
  "with space/my file.txt",
  "q!uote's.txt",
  "dol$lar",
  "cir^cum",
  ".hidden/h.txt",
  ".env",
  "ignored/file.txt",
  "kept/some.log",
  "kept/important.log",
  "sub/hidden-by-sub",
  "sub/shown",
  "by-plain-ignore",
  "node_modules/main/index.js",
];

async function furnish({ workspace }: Stage): Promise<void> {
  const put = async (path: string, text = ""): Promise<void> => {
    await mkdir(dirname(join(workspace, path)), { recursive: true });
    await writeFile(join(workspace, path), text);
  };
  for (const file of files) await put(file);
  await put(".gitignore", "ignored/\n*.log\n!important.log\n");
  await put(".ignore", "by-plain-ignore\n");
  await put("sub/.gitignore", "hidden-by-sub\n");
  await put(".git/info/exclude", "excluded*\n");
  await put("excluded-here");
  await symlink("src", join(workspace, "linked"));
  await symlink("README.md", join(workspace, "linked-file"));
  await symlink("nowhere", join(workspace, "dangling"));
  await symlink("..", join(workspace, "sub/up"));
}

const queries = [
  ..."main mai Main MAIN tx fb foobar fooBar src/main 'main ^src ts$ read README readme.txt gr größe grosse".split(" "),
  ..."hidden-by shown by-plain ignored/f some.log important excluded .env hidden lsm dm sr linked dang zzzz".split(" "),
  ..."main.ts er/ma ni xn txt main.test /main src/ aakk ängström ANGSTROM 日本 ファ strasse straße v10 m2v".split(" "),
  ..."modreg model modelcat hse httperr rs$ ^lib 'foo dol$ dol\\$ ^main$ cir^ q!u \\!uote 's.t l$l o^ 12 mtest".split(
    " ",
  ),
  ..."src/deep smt rmd maints oo-b o_b sdem jsindex e10".split(" "),
  "src main",
  "x main",
  "m a",
  "main main",
  "main !deep",
  "my file",
  "my\\ file",
  "with\\ space/my",
  "!^src ^lib",
  "  main  ",
  "",
];

const dialogue = (name: string, play: (client: AppClient, workspace: string) => Promise<void>): Dialogue => ({
  name,
  script: () => [],
  setup: furnish,
  // Comes before or after what it completes.
  without: ["fuzzyFileSearch/sessionCompleted"],
  async play(desk) {
    await play(await desk.connect(), desk.stage.workspace);
  },
});

/** What of the repository itself is in it depends on the version of git. */
const isOurs = ({ path }: { path: string }): boolean => !path.startsWith(".git/") && path !== ".git";

async function find(client: AppClient, query: string, roots: readonly string[], more = {}): Promise<void> {
  const reply = await client.request("fuzzyFileSearch", { query, roots, ...more });
  if ("result" in reply) reply.result["files"] = (reply.result["files"] as { path: string }[]).filter(isOurs);
}

export const searchDialogues: Dialogue[] = [
  dialogue(`${queries.length} queries have the same answers, scores and places`, async (client, workspace) => {
    for (const query of queries) await find(client, query, [workspace]);
  }),
  dialogue(
    "other roots: below, none, a file, not there, relative, in a folder that is ignored",
    async (client, workspace) => {
      const at = (path: string): string => join(workspace, path);
      await find(client, "main", [at("src"), at("docs")]);
      await find(client, "main", [at("src")]);
      await find(client, "main", ["src"]);
      await find(client, "main", [at("nowhere")]);
      await find(client, "main", []);
      await find(client, "main", [at("src/main.ts")]);
      await find(client, "file", [at("ignored")]);
      await find(client, "shown", [at("sub")]);
      await find(client, "main", [workspace], { cancellationToken: "token" });
      await find(client, "main", [workspace], { cancellationToken: null });
      await client.request("fuzzyFileSearch", { query: "main" });
      await client.request("fuzzyFileSearch", { roots: [] });
    },
  ),
  dialogue("a session tells what is found as the query changes", async (client, workspace) => {
    const found = (query: string): Promise<unknown> =>
      client.next("fuzzyFileSearch/sessionUpdated", (params) => params["query"] === query);
    await client.request("fuzzyFileSearch/sessionStart", { sessionId: "s", roots: [workspace] });
    await found("");
    for (const query of ["readm", "readme", "zzzzzz", ""]) {
      const told = found(query);
      await client.request("fuzzyFileSearch/sessionUpdate", { sessionId: "s", query });
      await told;
    }
    await client.request("fuzzyFileSearch/sessionStop", { sessionId: "s" });
    await client.request("fuzzyFileSearch/sessionStop", { sessionId: "s" });
    await client.request("fuzzyFileSearch/sessionUpdate", { sessionId: "s", query: "readme" });
    await client.request("fuzzyFileSearch/sessionStart", { sessionId: "", roots: [workspace] });
    await client.request("fuzzyFileSearch/sessionStart", { sessionId: "e", roots: [] });
  }),
];
