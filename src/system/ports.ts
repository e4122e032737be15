/**
 * The ports to the machine. `policy/`, `kernel/`, `journal/` and `host/` reach clock, randomness, files,
 * processes and environment through these alone, so that replay, simulation and power-cut tests can stand in.
 */

export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch. */
  now(): number;
  /** Monotonic milliseconds with a fraction; only differences mean something. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** IANA name of the local time zone. */
  timeZone(): string;
}

export interface Random {
  bytes(count: number): Uint8Array;
}

/** A file held open for appending. Writes are synchronous: what `write` returned from survives SIGKILL. */
export interface AppendFile {
  readonly path: string;
  /** Current length in bytes. */
  size(): number;
  write(text: string): void;
  /** Resolves when everything written so far would survive a power cut. */
  sync(): Promise<void>;
  truncate(length: number): void;
  close(): void;
}

export interface FileStat {
  readonly kind: "file" | "directory" | "link" | "other";
  readonly size: number;
  readonly modifiedMs: number;
  readonly mode: number;
  /** The number of the user whose it is. */
  readonly ownerId: number;
}

/** Errors are Node's: `code` holds the errno name (`ENOENT`, `EACCES`, ...). */
export interface FileSystem {
  /** Of regular files alone, as are the others that read: EINVAL for a named pipe or a device. */
  readText(path: string): string;
  readBytes(path: string): Uint8Array;
  /** Bytes `[start, end)` of a file; shorter when the file ends earlier. */
  readRange(path: string, start: number, end: number): Uint8Array;
  /** Names in the directory, unsorted. */
  list(path: string): string[];
  /** Follows links; null when nothing is there. */
  stat(path: string): FileStat | null;
  /** Does not follow the last link; null when nothing is there. */
  lstat(path: string): FileStat | null;
  /** The real path, links resolved; throws when it does not exist. */
  realPath(path: string): string;
  makeDirectory(path: string, mode?: number): void;
  /** Writes a file through a temporary one and a rename, synced. */
  writeAtomic(path: string, data: string | Uint8Array, mode?: number): void;
  /** The same without a sync, for what can be made again: a power cut may leave anything of it. */
  writeReplacing(path: string, data: string | Uint8Array, mode?: number): void;
  rename(from: string, to: string): void;
  /** Gives a file a second name. */
  link(from: string, to: string): void;
  remove(path: string): void;
  /** Removes a folder when it is there and empty. */
  removeDirectory(path: string): void;
  openAppend(path: string, mode?: number): AppendFile;
}

export interface ProcessResult {
  /** Exit code; 128 + N after signal N; null when it could not be started. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface PipeOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Written to its standard input; none: it reads nothing. */
  readonly input?: Uint8Array;
  /** Then it is killed. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** What writes more is killed. */
  readonly maxBytes: number;
}

export interface PipeResult {
  /** Null when it could not be started, was killed, or wrote too much. */
  readonly code: number | null;
  readonly stdout: Uint8Array;
  readonly stderr: string;
}

export interface GroupOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Written to its standard input, which is then closed; null: there is none. */
  readonly input: string | null;
  /** Then its whole group is killed. */
  readonly timeoutMs: number;
  /** Kills its whole group as well. */
  readonly signal?: AbortSignal;
  /** Of each stream; what comes after that is dropped. */
  readonly maxBytes: number;
  /** Called as soon as it runs; null where the system does not tell enough of it to know it again. */
  onStart?(mark: ProcessMark | null): void;
}

export interface GroupEnd {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly how: "ended" | "timeout" | "aborted" | "not started";
}

/** A lock that dies with this process. */
export interface FileLock {
  release(): Promise<void>;
}

export interface LockHolder {
  readonly pid: number;
  /** The program's name; empty when it cannot be told. */
  readonly name: string;
}

/** A process, told from a later one that got the same number. */
export interface ProcessMark {
  readonly pid: number;
  /** Clock ticks from the boot of the machine to its start. */
  readonly startTicks: number;
  /** Changes with every start of the machine. */
  readonly bootId: string;
}

/** A command that some process ran for a call. It leads a session of its own. */
export interface ChildCommand {
  readonly threadId: string;
  readonly callId: string;
  /** Who ran it. While that process lives, the command is its business. */
  readonly ownerPid: number;
  /** Null when it may have been started but was not noted any more: it is then known by its environment alone. */
  readonly mark: ProcessMark | null;
}

/** What a dead process left running, while it is being ended. */
export interface Ending {
  /** Commands that were found running. */
  readonly count: number;
  /** Resolves when none of their processes is left. Never rejects. */
  readonly done: Promise<void>;
}

export interface Processes {
  /** Runs a short helper program to its end; output is capped at `maxBytes` (default 1 MiB). Never rejects for exit codes. */
  run(
    command: readonly string[],
    options?: {
      cwd?: string;
      env?: Readonly<Record<string, string>>;
      timeoutMs?: number;
      signal?: AbortSignal;
      maxBytes?: number;
    },
  ): Promise<ProcessResult>;
  /** Runs a helper program to its end, bytes in and bytes out. Never rejects. */
  pipe(command: readonly string[], options: PipeOptions): Promise<PipeResult>;
  /**
   * Runs a program as leader of a session of its own to its end, which is that of its first process: what it leaves in the
   * background is left alone, unless it is stopped or this process ends first. Never rejects.
   */
  runGroup(command: readonly string[], options: GroupOptions): Promise<GroupEnd>;
  /** Takes `flock(2)` on the file without waiting, creating it when missing; null when somebody else holds it. */
  lock(path: string): Promise<FileLock | null>;
  /** Who has the lock file open, to be named to the user; null when that cannot be seen. */
  lockHolder(path: string): LockHolder | null;
  /** Whether a process has this id, whosever it is. */
  isAlive(pid: number): boolean;
  /** Those of the lock files that nobody is seen to hold; who holds one may still be out of sight. */
  seemFree(paths: readonly string[]): string[];
  /**
   * Ends, of these, the commands whose owner is dead, with all of their sessions: SIGTERM now, SIGKILL to what is left
   * after two seconds, or a tenth of one once `hurry` is aborted. What left its session is out of reach, and the session
   * of this process is left alone.
   */
  endOrphans(children: readonly ChildCommand[], hurry: AbortSignal): Ending;
  readonly pid: number;
  /** Whom this process runs as; null where users have no number. */
  readonly userId: number | null;
}

export interface Environment {
  readonly variables: Readonly<Record<string, string>>;
  readonly platform: string;
  readonly architecture: string;
  /** The user's home directory; null when there is none. */
  readonly home: string | null;
  readonly temporaryDirectory: string;
  /** The login shell of the user's account; null when the machine does not say. */
  readonly loginShell: string | null;
}

/** What a path below a folder leads to. */
export interface FolderEntry {
  readonly kind: "file" | "directory" | "link" | "other";
  readonly size: number;
  readonly mode: number;
  readonly modifiedMs: number;
  /** When content, rights or names of it changed last; nobody can set it back. */
  readonly changedMs: number;
  /** When it was made, wherever it lay then; `changedMs` where the file system does not say. */
  readonly bornMs: number;
}

export type Content =
  | { readonly type: "file"; readonly bytes: Uint8Array; readonly executable: boolean }
  | { readonly type: "link"; readonly target: Uint8Array };

/**
 * The files below one folder, by paths relative to it whose bytes `byte-paths.ts` turns into strings. No link is followed: what
 * lies behind one is not there. A fingerprint is `MODE OID`, as git would keep the file, or the link by itself.
 */
export interface RootedFolder {
  readonly root: string;
  look(path: string): FolderEntry | null;
  /** Null where neither file nor link is. */
  read(path: string): Content | null;
  isReadable(path: string): boolean;
  /** Whether entries of the folder may be made and removed; `""` is the root. */
  isWritable(path: string): boolean;
  /** Names in a folder; `""` is the root. */
  entries(path: string): string[];
  /** Null: nothing is there. Of what is neither file nor link, its kind. */
  fingerprint(path: string): string | null;
  /**
   * Puts a file or link in place at once, in a folder that is there. `mode`: its rights; null keeps those of the file before.
   * @throws EBUSY when what is there is not `expected`.
   */
  put(path: string, content: Content, expected: string | null, mode: number | null): void;
  /** @throws EBUSY when something else is there. */
  remove(path: string, expected: string): void;
  makeDirectories(path: string): void;
  /** False where it is not empty, or not there. */
  removeDirectory(path: string): boolean;
}

export interface Folders {
  open(root: string): RootedFolder;
}

export type DatabaseValue = string | number | null;

/** One SQLite file, held open. Calls are synchronous. */
export interface Database {
  /** Runs one statement that brings no rows. */
  run(statement: string, ...values: readonly DatabaseValue[]): { readonly changes: number };
  /** The rows of one statement, an object of its columns each. */
  all(statement: string, ...values: readonly DatabaseValue[]): Record<string, DatabaseValue>[];
  /** Runs the work as one change that other processes see whole or not at all; they wait for it. */
  transaction<Result>(work: () => Result): Result;
  close(): void;
}

export interface Databases {
  /** Opens the file, making it (0600) when it is missing. Errors carry SQLite's words in `message` and its number in `errcode`. */
  open(path: string): Promise<Database>;
}

/** A piece of a parsed shell line. Places count UTF-16 units from its beginning. */
export interface ShellNode {
  /** As the grammar (tree-sitter-bash) calls it; `ERROR` for what it could not read. */
  readonly type: string;
  readonly start: number;
  readonly end: number;
  /** Not in the text: the parser put it there to be able to go on. */
  readonly missing: boolean;
  readonly children: readonly ShellNode[];
}

export interface ShellParser {
  /** Null when the text takes longer than any sensible line does. What could not be read is in the tree as `ERROR`. */
  parse(text: string): ShellNode | null;
}

export interface Grammars {
  /** Loads the parser of shell lines with the first call. Rejects where its files are not installed. */
  shell(): Promise<ShellParser>;
}

/** Somebody wanted to reach a host; `refusal` says why that was not let through. */
export interface HostTry {
  /** A name in lower case, or an address. */
  readonly host: string;
  readonly port: number;
  readonly refusal: string | null;
}

/** Which hosts a gate lets through. */
export interface GateRules {
  /** Null: it may be reached. */
  refusal(host: string, port: number): string | null;
  /** Whether an address is allowed as such. Names that lead to this machine or its neighbours are let through only where it is. */
  allowsAddress(address: string, port: number): boolean;
  /** Told of each try, before anything is sent. */
  onHost(attempt: HostTry): void;
}

/** A proxy (HTTP, with CONNECT, and SOCKS 5) to the hosts that its rules allow. It looks names up itself. */
export interface Gate {
  close(): Promise<void>;
}

export interface Gates {
  /** Listens on the unix socket `gate` in the folder, which is made where it is missing. */
  open(folder: string, rules: GateRules): Promise<Gate>;
}

export interface System {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: FileSystem;
  readonly processes: Processes;
  readonly databases: Databases;
  /** Loaded when it is asked for: few threads need it. */
  folders(): Promise<Folders>;
  readonly grammars: Grammars;
  readonly gates: Gates;
  readonly environment: Environment;
}
