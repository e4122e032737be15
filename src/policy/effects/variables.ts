/**
 * Variables by which a shell, a loader or well-known programs choose what they run or where they look. Setting one changes
 * what everything after it means.
 */
const deciding =
  /^(PATH|path|fpath|FPATH|cdpath|CDPATH|MODULE_PATH|module_path|manpath|MANPATH|INFOPATH|LD_.*|DYLD_.*|GCONV_PATH|NLSPATH|LOCPATH|MALLOC_.*|GLIBC_TUNABLES|BASH_ENV|ENV|ZDOTDIR|IFS|PROMPT_COMMAND|PROMPT|prompt|RPROMPT|PS[0-9]|psvar|SHELLOPTS|BASHOPTS|BASH_.*|GLOBIGNORE|EXECIGNORE|FIGNORE|HISTFILE|SHELL|HOME|USERPROFILE|XDG_.*|TMPDIR|TEMP|TMP|EDITOR|VISUAL|FCEDIT|SUDO_.*|PAGER|.*PAGER|MANOPT|MANROFFOPT|LESS.*|LV|MORE|BROWSER|GIT_.*|SSH_.*|RSYNC_.*|CVS_.*|SVN_.*|HG.*|PYTHON.*|VIRTUAL_ENV|PERL.*|RUBY.*|GEM_.*|BUNDLE_.*|NODE_.*|NPM_.*|npm_.*|YARN_.*|PNPM_.*|BUN_.*|DENO_.*|JAVA_.*|_JAVA_OPTIONS|JDK_.*|CLASSPATH|MAVEN_.*|GRADLE_.*|CARGO.*|RUST.*|GO.*|CC|CXX|CPP|LD|AR|AS|MAKE.*|MFLAGS|CFLAGS|CXXFLAGS|LDFLAGS|TAR_OPTIONS|TAPE|GREP_OPTIONS|RIPGREP_CONFIG_PATH|FD_.*|BAT_.*|FZF_.*|ACKRC|GZIP|BZIP2?|XZ_.*|ZSTD_.*|UNZIP.*|ZIP.*|CURL_.*|WGETRC|.*_proxy|.*_PROXY|DOCKER_.*|KUBE.*|HELM_.*|AWS_.*|TF_.*|TERMINFO.*|TERMCAP|INPUTRC|VIMINIT|EXINIT|MYVIMRC|OPENSSL_.*|SSLKEYLOGFILE|.*COMMAND.*|.*_OPTS|.*_OPTIONS|.*_FLAGS|.*_WRAPPER)$/;

/** Variables of the environment that only change how something is said. */
const harmless =
  /^(LANG|LANGUAGE|LC_[A-Z]+|TZ|TERM|NO_COLOR|FORCE_COLOR|CLICOLOR(_FORCE)?|COLORTERM|COLUMNS|LINES|CI|DEBIAN_FRONTEND|BLOCKSIZE|BLOCK_SIZE|QUOTING_STYLE|TIME_STYLE|LS_COLORS|GREP_COLORS?|GIT_TERMINAL_PROMPT|GIT_OPTIONAL_LOCKS|PYTHONUNBUFFERED|PYTHONDONTWRITEBYTECODE|RUST_BACKTRACE|RUST_LOG|NODE_ENV|NODE_NO_WARNINGS|POSIXLY_CORRECT|DEBUG|VERBOSE)$/;

/** What a shell calculates with when it is set: a subscript in that runs what it holds. */
const calculated = /^(S?RANDOM|SECONDS|OPTIND|HISTCMD|LINENO|BASHPID|EPOCH\w+|E?UID|PPID)$/;

/** Whether setting a variable of the shell may run something, or change what later programs are. */
export const decides = (name: string, numeric = false): boolean =>
  (deciding.test(name) && !harmless.test(name)) || (!numeric && calculated.test(name));

/** Whether a program that is given this variable still does what it does without it. */
export function changesProgram(name: string, value: string | null): boolean {
  if (/^(GIT_)?PAGER$/.test(name) && (value === "cat" || value === "")) return false;
  return !harmless.test(name);
}
