import type { Table } from "../program.ts";

/** Programs of which no option does more than to look. */
const free: Table = {
  "basename dirname expr seq yes numfmt factor uname nproc tty whoami logname groups hostid uptime users who w id printenv getconf locale sleep clear lscpu lsblk lsmem free vmstat iostat mpstat ps pgrep pidof pstree last lastlog":
    { looks: true, options: "-s=t -u=t -p=t -o=t -f=t -n=t", operands: "t*" },
  "cat tac rev expand unexpand wc cksum sum md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum md5 comm tsort cmp col":
    { looks: true, options: "--files0-from=r", operands: "r*" },
  nl: { looks: true, options: "-b=t -d=t -f=t -h=t -i=t -l=t -n=t -s=t -v=t -w=t", operands: "r*" },
  fold: { looks: true, options: "-w=t", operands: "r*" },
  paste: { looks: true, options: "-d=t", operands: "r*" },
  "od hexdump hd": { looks: true, options: "-A=t -j=t -N=t -S=t -t=t -n=t -s=t -e=t -f=r", operands: "r*" },
  strings: { looks: true, options: "-n=t -t=t -e=t", operands: "r*" },
  shasum: { looks: true, options: "-a=t", operands: "r*" },
  readelf: { looks: true, options: "-j=t -x=t -p=t -M=t", operands: "r*" },
  column: { looks: true, options: "-c=t -s=t -o=t -N=t -H=t -R=t", operands: "r*" },
  "colrm fmt": { looks: true, options: "-w=t", operands: "r*" },
  "head tail": { looks: true, options: "-n=t -c=t -s=t --lines=t --bytes=t --pid=t -#", operands: "r*" },
  cut: {
    looks: true,
    options: "-b=t -c=t -d=t -f=t --bytes=t --characters=t --delimiter=t --fields=t --output-delimiter=t",
    operands: "r*",
  },
  join: { looks: true, options: "-a=t -e=t -j=t -o=t -t=t -v=t -1=t -2=t", operands: "r*" },
  "ls dir vdir": {
    looks: true,
    options: "-I=t -w=t -T=t --block-size=t --hide=t --ignore=t --tabsize=t --width=t",
    operands: "r*",
    otherwise: { kind: "r", path: "." },
  },
  du: {
    looks: true,
    options:
      "-B=t -d=t -t=t -X=r --max-depth=t --block-size=t --exclude=t --exclude-from=r --threshold=t --files0-from=r",
    operands: "r*",
    otherwise: { kind: "r", path: "." },
  },
  "df stat readlink realpath namei": {
    looks: true,
    options:
      "-B=t -t=t -x=t -c=t -f=t --format=t --printf=t --type=t --block-size=t --exclude-type=t --output=t --relative-to=t --relative-base=t",
    operands: "r*",
  },
  "grep egrep fgrep": {
    looks: true,
    options:
      "-e=t -f=r -A=t -B=t -C=t -m=t -d=t -D=t -# --regexp=t --file=r --after-context=t --before-context=t --context=t --max-count=t --include=t --exclude=t --exclude-dir=t --exclude-from=r --label=t --binary-files=t --directories=t --devices=t",
    operands: "t r*",
    instead: { options: "-e -f --regexp --file", operands: "r*" },
  },
  diff: {
    looks: true,
    options:
      "-U=t -C=t -W=t -I=t -x=t -X=r -F=t -S=t -D=t --label=t --unified=t --context=t --exclude=t --exclude-from=r --width=t --from-file=r --to-file=r",
    operands: "r r*",
  },
  tr: { looks: true, operands: "t t" },
  "which whereis": { looks: true, operands: "t*" },
  jq: {
    looks: true,
    options: "-L=r -f=r --from-file=r --indent=t --arg=t --argjson=t --slurpfile=t --rawfile=t",
    operands: "e r*",
    // Of what takes a name and a file, the file is an operand here.
    instead: { options: "-f --from-file --slurpfile --rawfile", operands: "r*" },
  },
  "tokei cloc scc": { looks: true, operands: "r*", danger: "unknown", why: "may read settings of the folder" },
};

/** Programs that look with the options listed here, and with others may write or run something. */
const careful: Table = {
  getent: {
    subcommands: { "hosts ahosts ahostsv4 ahostsv6": { operands: "h*" }, "*": { looks: true, operands: "t*" } },
  },
  // A terminal's description may name a program that sets it up.
  tput: {
    options: "-T=t",
    subcommands: { "init reset": { danger: "unknown", why: "sets up the terminal" }, "*": { operands: "t*" } },
  },
  // On some systems it runs what follows.
  arch: { operands: "?*" },
  "zcat bzcat xzcat gzcat": { operands: "r*" },
  "whatis apropos": { operands: "t*" },
  "nm size objdump": {
    options:
      "-aAbCDdghlnoprstuvx -j=t --demangle --dynamic --defined-only --undefined-only --extern-only --format=t --section=t --disassemble --headers --syms",
    operands: "r*",
  },
  sort: {
    options:
      "-bdfghiMnRrVczmsu -k=t -t=t -S=t -o=w -T=? --key=t --field-separator=t --buffer-size=t --output=w --reverse --unique --numeric-sort --human-numeric-sort --version-sort --stable --check[=t] --merge --ignore-case --ignore-leading-blanks --zero-terminated --parallel=t --batch-size=t --files0-from=r --random-sort --general-numeric-sort --month-sort --dictionary-order",
    operands: "r*",
  },
  uniq: {
    options:
      "-cdDiuz -f=t -s=t -w=t --count --repeated --unique --ignore-case --skip-fields=t --skip-chars=t --check-chars=t --zero-terminated",
    operands: "r w",
  },
  shuf: {
    options: "-erz -i=t -n=t -o=w --echo --input-range=t --head-count=t --output=w --repeat --zero-terminated",
    operands: "r*",
    instead: { options: "-e --echo -i --input-range", operands: "t*" },
  },
  "base64 base32": { options: "-dDi -w=t -b=t -o=w --decode --wrap=t --ignore-garbage", operands: "r*" },
  xxd: { options: "-abeipuE -c=t -g=t -l=t -o=t -s=t -n=t -r", operands: "r w" },
  date: {
    options:
      "-uRIr -d=t -I[=t] -f=r -s=! --utc --date=t --rfc-3339=t --iso-8601[=t] --reference=r --set=! -r=t -j -v=t",
    operands: "+*",
    instead: { options: "-j", operands: "t*" },
  },
  hostname: { options: "-fisAIdy --fqdn --short --all-ip-addresses", operands: "!" },
  file: {
    options:
      "-bhikLNnprsvz0Z -e=t -F=t -f=r -P=t --brief --mime --mime-type --mime-encoding --dereference --no-dereference",
    operands: "r*",
  },
  tree: {
    options:
      "-adflxqNpsughDFvtcUrJXACnSi -L=t -P=t -I=t -H=t -T=t -o=w --noreport --dirsfirst --prune --gitignore --filelimit=t --du --si --inodes --device --matchdirs --ignore-case --charset=t",
    operands: "r*",
    otherwise: { kind: "r", path: "." },
  },
  rg: {
    options:
      "-aciFhHlLnNoOpPqsSuUvVwx0.I -A=t -B=t -C=t -e=t -f=r -g=t -j=t -m=t -M=t -r=t -t=t -T=t -E=t -d=t -# --after-context=t --before-context=t --context=t --regexp=t --file=r --glob=t --iglob=t --threads=t --max-count=t --max-columns=t --max-columns-preview --replace=t --type=t --type-not=t --type-list --encoding=t --max-depth=t --color=t --colors=t --no-heading --heading --hidden --no-ignore --no-ignore-vcs --no-ignore-parent --no-ignore-dot --ignore-case --smart-case --case-sensitive --fixed-strings --word-regexp --line-regexp --invert-match --count --count-matches --files --files-with-matches --files-without-match --line-number --no-line-number --column --only-matching --multiline --multiline-dotall --pcre2 --json --stats --sort=t --sortr=t --follow --no-messages --no-filename --with-filename --null --passthru --pretty --quiet --text --trim --unrestricted --vimgrep --no-config --crlf --binary --max-filesize=t --ignore-file=r --one-file-system --no-pre --context-separator=t",
    operands: "t r*",
    instead: { options: "-e -f --regexp --file --files --type-list", operands: "r*" },
    otherwise: { kind: "r", path: "." },
  },
  "fd fdfind": {
    options:
      "-HIsigaLp0lFuq1 -d=t -t=t -e=t -E=t -c=t -j=t -S=t -o=t -C=d --hidden --no-ignore --no-ignore-vcs --case-sensitive --ignore-case --glob --regex --fixed-strings --absolute-path --list-details? --follow --full-path --print0 --max-depth=t --min-depth=t --exact-depth=t --exclude=t --type=t --extension=t --size=t --changed-within=t --changed-before=t --owner=t --color=t --threads=t --max-results=t --quiet --show-errors --base-directory=d --path-separator=t --search-path=r --strip-cwd-prefix[=t] --one-file-system",
    operands: "t r*",
    otherwise: { kind: "r", path: "." },
  },
  ag: {
    options:
      "-acDfFgGHiklLmnopQrsSuUvwz0 -A=t -B=t -C=t -m=t -G=t --hidden --nocolor --nogroup --literal --ignore=t --ignore-dir=t --depth=t --count --column",
    operands: "t r*",
  },
  "bat batcat": {
    options:
      "-ApnuSP -l=t -H=t -r=t --language=t --line-range=t --highlight-line=t --plain --number --style=t --color=t --paging=t --theme=t --wrap=t --decorations=t --list-languages --list-themes --no-pager",
    operands: "r*",
  },
  "less more": {
    options: "-eEfFgGiImMnNqQrRsSuUwWX -x=t -y=t -z=t --quit-if-one-screen --RAW-CONTROL-CHARS --chop-long-lines",
    operands: "l*",
  },
  man: { options: "-akfwW --where --path", operands: "m*" },
  "gzip gunzip": { options: "-l -t --list --test", operands: "r*", needs: "-l -t --list --test" },
  unzip: { options: "-lvpZtqC --help -d=? -o? -j? -x?", operands: "r t*", needs: "-l -v -p -Z -t --help" },
  zipinfo: { options: "-12smlvhtTzM", operands: "r t*" },
  iconv: { options: "-lcs -f=t -t=t -o=w --from-code=t --to-code=t --output=w --list", operands: "r*" },
  yq: {
    options:
      "-PCMNrejn -i? -o=t -p=t -I=t --output-format=t --input-format=t --prettyPrint --colors --no-colors --unwrapScalar --null-input --exit-status",
    operands: "e r*",
  },
  sysctl: { options: "-anNeq -w! -p!", operands: "=*" },
  journalctl: {
    options:
      "-abefknoqrxD -u=t -n=t -o=t -p=t -S=t -U=t -t=t --unit=t --since=t --until=t --lines=t --no-pager --output=t --boot[=t] --vacuum-size=! --vacuum-time=! --rotate! --flush! --sync!",
    operands: "t*",
  },
  dmesg: {
    options: "-HTtkruxeL -l=t -C! -c! -D! -n=! --color[=t] --level=t --human --ctime --clear! --read-clear!",
    operands: "",
  },
  lsof: { options: "-abhlnNOPRtUVX -c=t -d=t -F=t -g=t -i[=t] -p=t -s[=t] -T[=t] -u=t", operands: "r*" },
  ss: {
    options: "-natulpeimswxoZ46rH -f=t --tcp --udp --listening --numeric --all --processes --summary",
    operands: "t*",
  },
  netstat: { options: "-natulpeisrwoc --tcp --udp --listening --numeric --all --program", operands: "t*" },
  ip: {
    single: true,
    options: "-4 -6 -s -j -o -c -d -p -br -brief -json -details -stats -color -pretty -oneline",
    subcommands: {
      "a addr address link l r route neigh n rule": {
        subcommands: { "": {}, "show list ls": { operands: "t*" }, get: { operands: "t*" } },
      },
    },
  },
  ifconfig: { options: "-a", operands: "t" },
  "systemctl launchctl": {
    options: "-alq --user --system --no-pager --all --type=t --state=t --full --quiet",
    subcommands: {
      "status show list-units list-unit-files list-timers list-sockets is-active is-enabled is-failed cat list-dependencies list":
        {
          options: "-al -n=t -p=t --no-pager --property=t --lines=t --all --type=t --state=t --user --value",
          operands: "t*",
        },
      "*": { looks: true, operands: "t*", danger: "destructive", why: "changes what runs on the machine" },
    },
  },
  crontab: { options: "-l -r! -e? -i -u=t", operands: "!", needs: "-l -r" },
  ldd: { operands: "r*", danger: "unknown", why: "may run what it looks at" },
  openssl: {
    subcommands: {
      version: { options: "-a" },
      "dgst x509 md5 sha256 sha1 rand": {
        single: true,
        options:
          "-sha256 -sha1 -md5 -noout -text -subject -issuer -dates -fingerprint -hex -in=r -enddate -startdate -serial -base64",
        operands: "r*",
      },
    },
  },
};

export const looking: Table = { ...free, ...careful };
