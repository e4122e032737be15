/** Where the walls of the real Codex give way and ours do not. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeStage, oracle, ours, type Stage } from "../../support/run.ts";

async function within(command: (stage: Stage) => string[]): Promise<{ codex: string; ours: string; stage: Stage }> {
  const stage = await makeStage();
  onTestFinished(() => stage.dispose());
  const argv = command(stage);
  const run = (path: string, ...flags: string[]): string => {
    const options = { cwd: stage.workspace, env: stage.env, encoding: "utf8", timeout: 60_000 } as const;
    const { stdout, stderr } = spawnSync(path, ["sandbox", ...flags, "--", ...argv], options);
    return stdout + stderr;
  };
  return { codex: run(oracle().path), ours: run(ours().path), stage };
}

/** Sends from a pair of sockets to an address of its choice, by sendmsg (x86-64: 46) with a `struct msghdr`. */
const send = `use Socket; socketpair(my $a, my $b, AF_UNIX, SOCK_DGRAM, 0) or do { print "pair: $!"; exit };
my $address = sockaddr_un($ARGV[0]); my $data = "out"; my $vector = pack("PQ", $data, 3);
my $message = pack("PLx4PQQQix4", $address, length $address, $vector, 1, 0, 0, 0);
print syscall(46, fileno($a), $message, 0) == 3 ? "sent" : "sendmsg: $!";`;

test("a datagram leaves the walls of the real Codex, and not ours", async () => {
  const seen = await within((stage) => {
    const receiver = spawnSync("perl", [
      "-e",
      "use Socket; socket(S, AF_UNIX, SOCK_DGRAM, 0); bind(S, sockaddr_un($ARGV[0]))",
      join(stage.root, "s"),
    ]);
    expect(receiver.status).toBe(0);
    return ["perl", "-e", send, join(stage.root, "s")];
  });
  // Nobody listens any more: what matters is that the kernel would have delivered it.
  expect(seen.codex).toMatch(/sent|Connection refused/);
  expect(seen.ours).toBe("pair: Operation not permitted");
});

test("user namespaces are made in the walls of the real Codex, and not in ours", async () => {
  const { codex, ours: mine } = await within(() => ["unshare", "-U", "echo", "made"]);
  expect(codex).toBe("made\n");
  expect(mine).toMatch(/Operation not permitted/);
});
