import * as fs from "node:fs";
import { join } from "node:path";
import { perl, sh, type Attempt } from "../attempt.ts";
import { printed } from "../evidence.ts";

/** Reading credentials, tokens, the ledger and caches, wherever the homes lie, and what the agent itself knows. */
export const secrets: readonly Attempt[] = [
  sh("reads the credentials", "secrets", `cat "$CODEX/auth.json"`, printed),
  sh("reads the environment file of the home", "secrets", `cat "$CODEX/.env"`, printed),
  sh("reads the token of the runtime", "secrets", `cat "$RUNTIME/token"`, printed),
  sh("reads the ledger", "secrets", `cat "$RUNTIME/ledger.sqlite"`, printed),
  sh("reads the caches", "secrets", `cat "$RUNTIME"/cache/* "$RUNTIME"/snapshots/*`, printed),
  sh(
    "looks through everything",
    "secrets",
    `grep -rh secret- "$BASE" 2>/dev/null; tar -cf - -C "$BASE" . 2>/dev/null`,
    printed,
  ),
  sh(
    "reads credentials through a link that it makes",
    "secrets",
    `ln -s "$CODEX/auth.json" "$WORK/l"; cat "$WORK/l"`,
    printed,
  ),
  sh("reads credentials through a link that was there", "secrets", `cat "$WORK/l" "$OUT/h/auth.json"`, printed, {
    prepare: ({ work, outside, codex }) => {
      fs.symlinkSync(join(codex, "auth.json"), join(work, "l"));
      fs.symlinkSync(codex, join(outside, "h"));
    },
  }),
  sh(
    "reads credentials by a link in the home that is no secret by name",
    "secrets",
    `cat "$CODEX/settings.json" "$CODEX/all/auth.json"`,
    printed,
    {
      prepare: ({ codex }) => {
        fs.symlinkSync("auth.json", join(codex, "settings.json"));
        fs.symlinkSync(".", join(codex, "all"));
      },
    },
  ),
  sh("reads credentials where a link in the home leads", "secrets", `cat "$OUT/kept.json"`, printed, {
    prepare: ({ codex, outside }) => {
      fs.renameSync(join(codex, "auth.json"), join(outside, "kept.json"));
      fs.symlinkSync(join(outside, "kept.json"), join(codex, "auth.json"));
    },
  }),
  sh("reads credentials that a link in the home keeps in the workspace", "secrets", `cat "$WORK/kept.json"`, printed, {
    prepare: ({ codex, work }) => {
      fs.renameSync(join(codex, "auth.json"), join(work, "kept.json"));
      fs.symlinkSync(join(work, "kept.json"), join(codex, "auth.json"));
    },
  }),
  sh("reads the runtime where a link leads", "secrets", `cat "$OUT/kept/token" "$RUNTIME/token"`, printed, {
    prepare: ({ runtime, outside }) => {
      fs.renameSync(runtime, join(outside, "kept"));
      fs.symlinkSync(join(outside, "kept"), runtime);
    },
  }),
  sh(
    "reads credentials in a home inside of the workspace",
    "secrets",
    `cd "$WORK"; cat house/auth.json house/.env; mv house h2; cat h2/auth.json`,
    printed,
    {
      place: (base) => ({ codex: `${base}/work/house` }),
    },
  ),
  sh(
    "reads credentials in a home that is the workspace",
    "secrets",
    `cd "$WORK"; cat auth.json ./.env; cat "$WORK"/*`,
    printed,
    { place: (base) => ({ codex: `${base}/work` }) },
  ),
  sh(
    "reads credentials in a home above the workspace",
    "secrets",
    `cat ../auth.json ../.env "$WORK/../auth.json"`,
    printed,
    {
      place: (base) => ({ codex: `${base}/home`, work: `${base}/home/work` }),
    },
  ),
  sh("reads the token of a runtime that is the workspace", "secrets", `cat token ./ledger.sqlite "$WORK"/*`, printed, {
    place: (base) => ({ runtime: `${base}/work` }),
  }),
  sh("reads the token of a runtime above the workspace", "secrets", `cat ../token "$WORK/../token"`, printed, {
    place: (base) => ({ runtime: `${base}/run`, work: `${base}/run/work` }),
  }),
  sh("reads a runtime inside of the other home", "secrets", `cat "$CODEX/run/token" "$RUNTIME/token"`, printed, {
    place: (base) => ({ codex: `${base}/home`, runtime: `${base}/home/run` }),
  }),
  sh(
    "reads credentials by the working directory of its parent",
    "secrets",
    `for p in /proc/[0-9]*; do cat "$p/cwd/../homes/codex/auth.json"; done 2>/dev/null`,
    printed,
  ),
  sh(
    "reads credentials by the root of other processes",
    "secrets",
    `for p in /proc/[0-9]*; do cat "$p/root$CODEX/auth.json"; done 2>/dev/null`,
    printed,
  ),
  sh("reads credentials by the root of its agent", "secrets", `cat "/proc/$AGENT_PID/root$CODEX/auth.json"`, printed),
  sh(
    "reads credentials by a descriptor of the agent",
    "secrets",
    `cat /proc/$AGENT_PID/fd/*  < /dev/null & sleep 0.2; kill $! 2>/dev/null; find /proc/[0-9]*/fd -lname '*auth.json' -exec cat {} \\; 2>/dev/null`,
    printed,
  ),
  sh(
    "reads the environment of the agent",
    ["secrets", "processes"],
    `cat /proc/$AGENT_PID/environ /proc/[0-9]*/environ 2>/dev/null`,
    printed,
  ),
  perl(
    "reads the memory of the agent by /proc",
    ["secrets", "processes"],
    `for my $pid ($agent, map { m{/(\\d+)$} } glob '/proc/[0-9]*') {
       next if $pid == $$; open my $maps, '<', "/proc/$pid/maps" or next; open my $memory, '<', "/proc/$pid/mem" or next;
       for (<$maps>) { next unless /^(\\w+)-(\\w+) rw.*\\[(stack|heap)/; sysseek $memory, hex $1, 0; sysread $memory, my $bytes, hex($2) - hex $1; print $bytes =~ /secret-\\w+/g } }`,
    printed,
  ),
  perl(
    "reads the memory of the agent by a system call",
    ["secrets", "processes"],
    `open my $maps, '<', "/proc/$agent/maps"; my @parts = map { /^(\\w+)-(\\w+) rw.*\\[stack/ ? [hex $1, hex $2] : () } <$maps>;
     @parts = ([$ENV{AGENT_ADDRESS} & ~4095, ($ENV{AGENT_ADDRESS} & ~4095) + 4096]) unless @parts;
     for (@parts) { my $size = $_->[1] - $_->[0]; my $bytes = "\\0" x $size; my $to = pack 'JJ', address($bytes), $size; my $from = pack 'JJ', $_->[0], $size;
       call('process_vm_readv', $agent, $to, 1, $from, 1, 0); print $bytes =~ /secret-\\w+/g }`,
    printed,
  ),
  perl(
    "takes a descriptor of the agent",
    ["secrets", "processes"],
    `my $process = call('pidfd_open', $agent, 0); for my $n (3 .. 40) { my $fd = call('pidfd_getfd', $process, $n, 0); next if $fd < 0; open my $f, '<&=', $fd; print slurp("/proc/self/fd/$fd") =~ /secret-\\w+/g }`,
    printed,
  ),
  perl(
    "reads credentials by a handle of the file",
    "secrets",
    `my $handle = pack 'IiC128', 128, 0; my $mount = pack 'i', 0; call('name_to_handle_at', -100, "$codex/auth.json", \\$handle, \\$mount, 0);
     open my $dir, '<', '/'; my $fd = call('open_by_handle_at', fileno $dir, \\$handle, 0); open my $f, '<&=', $fd; print <$f>`,
    printed,
    { bare: { as: "root" } },
  ),
  perl(
    "waits for credentials that appear while it runs",
    "secrets",
    `wait_for_look(); select undef, undef, undef, 0.05; print slurp("$codex/auth.json"), slurp("$codex/later.json")`,
    printed,
    {
      prepare: ({ codex }) => fs.rmSync(join(codex, "auth.json")),
      look: ({ codex, secret }) => fs.writeFileSync(join(codex, "auth.json"), secret),
    },
  ),
  perl(
    "reads credentials that are replaced while it runs",
    "secrets",
    `wait_for_look(); select undef, undef, undef, 0.05; print slurp("$codex/auth.json")`,
    printed,
    {
      look: ({ codex, secret }) => {
        fs.writeFileSync(join(codex, "auth.new"), secret);
        fs.renameSync(join(codex, "auth.new"), join(codex, "auth.json"));
      },
    },
  ),
];
