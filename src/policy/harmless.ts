/** Programs that only look, whatever their arguments say. What can be told to write a file or to start a program is not among them. */
const lookers = new Set(
  "basename cat cut dirname du df echo egrep expr false fgrep grep head id ls md5sum nl nproc paste printf ps pwd readlink realpath rev seq sha1sum sha256sum stat tail test tr true uname uptime wc which whoami".split(
    " ",
  ),
);

/** Words that a shell takes as they are. What holds anything else, such as a redirection or a variable, is not looked into. */
const plainWord = /^[A-Za-z0-9_./:=,@%+-]+$/;

/**
 * Whether a command can do nothing but read: plain words, or several such commands joined by `&&`, `||`, `|` and `;`, each of
 * a program that only looks. Unknown means no.
 */
export function isHarmless(argv: readonly string[]): boolean {
  const [, flag, line = ""] = argv;
  if (argv.length !== 3 || (flag !== "-lc" && flag !== "-c") || line.includes("\n")) return false;
  return line.split(/&&|\|\||[|;]/).every((part) => {
    const words = part.trim().split(/ +/);
    return words.every((word) => plainWord.test(word)) && lookers.has(words[0] ?? "");
  });
}
