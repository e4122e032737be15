import { execFile } from "node:child_process";
import { appendFile, chmod, mkdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { AppClient, Json } from "../../support/app-client.ts";
import type { Stage } from "../../support/run.ts";
import type { Desk, Dialogue } from "./dialogue.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

async function furnish({ workspace }: Stage): Promise<void> {
  await mkdir(join(workspace, "folder/inner"), { recursive: true });
  await writeFile(join(workspace, "a.txt"), "alpha\n");
  await writeFile(join(workspace, "folder/b.txt"), "b");
  await chmod(join(workspace, "folder/b.txt"), 0o751);
  await symlink("a.txt", join(workspace, "link"));
  await symlink("folder", join(workspace, "folder-link"));
  await symlink("nowhere", join(workspace, "dangling"));
  await symlink("loop", join(workspace, "loop"));
  await symlink("../a.txt", join(workspace, "folder/link"));
  await promisify(execFile)("mkfifo", [join(workspace, "pipe"), join(workspace, "folder/pipe")]);
  await mkdir(join(workspace, "odd"));
  await writeFile(Buffer.concat([Buffer.from(join(workspace, "odd/")), Buffer.from([98, 255, 100])]), "");
}

/** Asks one after the other; what it is told is in the replies. */
const asks = async (client: AppClient, requests: readonly (readonly [string, Json])[]): Promise<void> => {
  for (const [method, params] of requests) await client.request(method, params);
};

/** Times are the machine's, and the order of a folder the file system's. */
function settle(client: AppClient): void {
  for (const { reply } of client.replies) {
    if (reply === null || !("result" in reply)) continue;
    const { result } = reply;
    for (const key of ["createdAtMs", "modifiedAtMs"]) if (typeof result[key] === "number") result[key] = `<${key}>`;
    const entries = result["entries"];
    if (Array.isArray(entries))
      result["entries"] = (entries as { fileName: string }[]).toSorted((a, b) => (a.fileName < b.fileName ? -1 : 1));
  }
}

const dialogue = (
  name: string,
  play: (client: AppClient, at: (path: string) => string, desk: Desk) => Promise<void>,
  more: Partial<Dialogue> = {},
): Dialogue => ({
  name,
  script: () => [],
  setup: furnish,
  async play(desk) {
    const client = await desk.connect();
    await play(client, (path) => join(desk.stage.workspace, path), desk);
    settle(client);
  },
  ...more,
});

/** Puts what lies in the workspace into the replies, so that it is compared. */
async function lookAt(client: AppClient, at: (path: string) => string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await client.request("fs/getMetadata", { path: at(path) });
    await client.request("fs/readFile", { path: at(path) });
    await client.request("fs/readDirectory", { path: at(path) });
  }
}

export const filesDialogues: Dialogue[] = [
  dialogue("files are read, and what is none is refused", (client, at) =>
    asks(
      client,
      [
        ..."a.txt folder zz a.txt/x link dangling loop folder/../a.txt folder/pipe/x".split(" ").map(at),
        "",
        "a.txt",
        "~/x",
        "/",
        "file:///etc/hostname",
        "/dev/null",
        "/dev/zero",
        "/a\0b",
        at("x".repeat(300)),
        `/${"x/".repeat(3000)}`,
      ].map((path) => ["fs/readFile", { path }]),
    ),
  ),
  dialogue("a file of 600 MB is not read", async (client, at) => {
    const { open } = await import("node:fs/promises");
    const file = await open(at("big"), "w");
    await file.truncate(600 * 2 ** 20);
    await file.close();
    const reply = await client.request("fs/readFile", { path: at("big") });
    // The limit itself is another one: Node has no strings of 512 MiB and more.
    if ("error" in reply) reply.error.message = reply.error.message.replace(/\d+ bytes/, "<limit> bytes");
  }),
  dialogue("what is there is described, links followed", (client, at) =>
    asks(
      client,
      ["a.txt", "folder", "zz", "link", "folder-link", "dangling", "loop", "pipe", "a.txt/x"].map((path) => [
        "fs/getMetadata",
        { path: at(path) },
      ]),
    ),
  ),
  dialogue("folders are listed, without links that lead nowhere", (client, at) =>
    asks(
      client,
      [".", "a.txt", "zz", "folder-link", "odd", "dangling", "folder/inner"].map((path) => [
        "fs/readDirectory",
        { path: at(path) },
      ]),
    ),
  ),
  dialogue("base64 that is none is refused where it is wrong", (client, at) =>
    asks(
      client,
      [
        "!!!",
        "YQ",
        "YWI=YWI=",
        "YW\nI=",
        "-_-_",
        "YR==",
        "YWJj=",
        "YWJ!",
        "YWJ=",
        "=",
        "Y",
        "YWJjZ",
        "YWJj Z",
        "YQ=",
        "ä===",
      ].map((dataBase64) => ["fs/writeFile", { path: at("new.txt"), dataBase64 }]),
    ),
  ),
  dialogue("files are written in place, links and rights kept", async (client, at) => {
    const before = await stat(at("folder/b.txt"));
    await asks(client, [
      ["fs/writeFile", { path: at("new.txt"), dataBase64: base64("hey") }],
      ["fs/writeFile", { path: at("new.txt"), dataBase64: "" }],
      ["fs/writeFile", { path: at("no/new.txt"), dataBase64: "" }],
      ["fs/writeFile", { path: at("folder"), dataBase64: "" }],
      ["fs/writeFile", { path: at("folder/b.txt"), dataBase64: base64("longer") }],
      ["fs/writeFile", { path: at("link"), dataBase64: base64("through the link") }],
      ["fs/writeFile", { path: at("dangling"), dataBase64: base64("x") }],
      ["fs/writeFile", { path: at("loop"), dataBase64: "" }],
      ["fs/writeFile", { path: at("a.txt/x"), dataBase64: "" }],
    ]);
    await lookAt(client, at, ["new.txt", "a.txt", "link", "nowhere", "folder/b.txt"]);
    const after = await stat(at("folder/b.txt"));
    client.replies.at(-1)!.reply = { result: { sameFile: before.ino === after.ino, mode: after.mode } };
  }),
  dialogue("folders are made, with those above them unless said otherwise", (client, at) =>
    asks(client, [
      ["fs/createDirectory", { path: at("n/m") }],
      ["fs/createDirectory", { path: at("n/m") }],
      ["fs/createDirectory", { path: at("n/m"), recursive: null }],
      ["fs/createDirectory", { path: at("n/m"), recursive: false }],
      ["fs/createDirectory", { path: at("a.txt") }],
      ["fs/createDirectory", { path: at("a.txt/x") }],
      ["fs/createDirectory", { path: at("q/r"), recursive: false }],
      ["fs/createDirectory", { path: "rel" }],
      ["fs/readDirectory", { path: at("n") }],
    ]),
  ),
  dialogue("files, links and folders are copied", async (client, at) => {
    const copy = (from: string, to: string, recursive?: boolean): readonly [string, Json] => [
      "fs/copy",
      { sourcePath: at(from), destinationPath: at(to), ...(recursive !== undefined && { recursive }) },
    ];
    await asks(client, [
      copy("a.txt", "a2.txt"),
      copy("a.txt", "folder"),
      copy("a.txt", "no/x"),
      copy("zz", "x"),
      copy("folder", "e"),
      copy("folder", "e", false),
      copy("folder", "e", true),
      copy("folder", "e", true),
      copy("folder", "folder/inner/in", true),
      copy("folder", "folder", true),
      copy("folder", "a.txt", true),
      copy("folder", "deep/er/e", true),
      copy("link", "link2"),
      copy("link", "link2"),
      copy("folder-link", "folder-link2"),
      copy("folder-link", "folder-link3", true),
      copy("pipe", "pipe2"),
      copy("odd", "odd2", true),
    ]);
    await lookAt(client, at, [
      "a2.txt",
      "e",
      "e/b.txt",
      "e/link",
      "deep/er/e",
      "link2",
      "folder-link3",
      "odd2",
      "folder-link2",
    ]);
  }),
  dialogue(
    "a file is copied over itself",
    async (client, at) => {
      await client.request("fs/copy", { sourcePath: at("a.txt"), destinationPath: at("a.txt") });
      await client.request("fs/readFile", { path: at("a.txt") });
    },
    {
      wanted: {
        reason: "Codex empties the file; here it keeps what it has.",
        change: (real) => {
          const changed = structuredClone(real);
          changed.clients[0]!.replies[2]!.reply = { result: { dataBase64: base64("alpha\n") } };
          return changed;
        },
      },
    },
  ),
  dialogue("files and folders are removed", (client, at) =>
    asks(client, [
      ["fs/remove", { path: at("zz") }],
      ["fs/remove", { path: at("zz"), force: false }],
      ["fs/remove", { path: at("zz"), force: true }],
      ["fs/remove", { path: at("a.txt/x") }],
      ["fs/remove", { path: at("folder"), recursive: false }],
      ["fs/remove", { path: at("folder-link"), recursive: true }],
      ["fs/readDirectory", { path: at("folder") }],
      ["fs/remove", { path: at("folder/inner"), recursive: false, force: false }],
      ["fs/remove", { path: at("folder") }],
      ["fs/remove", { path: at("pipe") }],
      ["fs/remove", { path: at("dangling") }],
      ["fs/remove", { path: at("loop") }],
      ["fs/remove", { path: "" }],
      ["fs/readDirectory", { path: at(".") }],
    ]),
  ),
  dialogue("a folder is watched until it is not", async (client, at) => {
    await asks(client, [
      ["fs/watch", { path: at("."), watchId: "w" }],
      ["fs/watch", { path: at("."), watchId: "w" }],
      ["fs/watch", { path: "rel", watchId: "r" }],
      ["fs/watch", { path: at("folder/../folder"), watchId: "" }],
    ]);
    const changed = async (watchId: string, work: () => Promise<unknown>): Promise<void> => {
      const heard = client.next("fs/changed", (params) => params["watchId"] === watchId);
      await work();
      await heard;
    };
    await changed("w", () => writeFile(at("new"), ""));
    await changed("w", () => appendFile(at("new"), "y"));
    await changed("w", () => rename(at("new"), at("newer")));
    await changed("w", () => mkdir(at("made")));
    await changed("", () => writeFile(at("folder/c.txt"), ""));
    await changed("", () => rm(at("folder/c.txt")));
    await asks(client, [
      ["fs/unwatch", { watchId: "w" }],
      ["fs/unwatch", { watchId: "w" }],
      ["fs/unwatch", { watchId: "nope" }],
    ]);
    await writeFile(at("unseen"), "x");
    await changed("", () => writeFile(at("folder/d.txt"), ""));
  }),
  dialogue("a file is watched before it is there, and when another takes its place", async (client, at) => {
    await asks(client, [
      ["fs/watch", { path: at("a.txt"), watchId: "a" }],
      ["fs/watch", { path: at("later"), watchId: "later" }],
    ]);
    const changed = async (watchId: string, work: () => Promise<unknown>): Promise<void> => {
      const heard = client.next("fs/changed", (params) => params["watchId"] === watchId);
      await work();
      await heard;
    };
    await changed("a", () => appendFile(at("a.txt"), "more"));
    await writeFile(at("other"), await readFile(at("a.txt")));
    await changed("a", () => rename(at("other"), at("a.txt")));
    await changed("a", () => appendFile(at("a.txt"), "still"));
    await changed("later", () => writeFile(at("later"), ""));
    await changed("later", () => rm(at("later")));
  }),
];
