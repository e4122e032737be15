/** What one command may use. What is not there is not bounded. */
export interface Limits {
  /** Of each process, MiB; what is only reserved does not count. */
  readonly memoryMb?: number;
  /** Processes and threads at a time. */
  readonly processes?: number;
  /** Of each file that is written, MiB. */
  readonly fileMb?: number;
  readonly openFiles?: number;
  /** Of each process, seconds of work. */
  readonly cpuSeconds?: number;
  /** From start to end. */
  readonly seconds?: number;
}

const mebibyte = 2 ** 20;

/** RLIMIT_* (asm-generic/resource.h) with their values; counting processes makes sense in a namespace alone. */
export function resourceLimits(limits: Limits): { number: number; value: number; inNamespace?: true }[] {
  const { memoryMb, processes, fileMb, openFiles, cpuSeconds } = limits;
  return [
    ...(cpuSeconds === undefined ? [] : [{ number: 0, value: cpuSeconds }]),
    ...(fileMb === undefined ? [] : [{ number: 1, value: fileMb * mebibyte }]),
    ...(memoryMb === undefined ? [] : [{ number: 2, value: memoryMb * mebibyte }]),
    ...(processes === undefined ? [] : [{ number: 6, value: processes, inNamespace: true as const }]),
    ...(openFiles === undefined ? [] : [{ number: 7, value: openFiles }]),
  ];
}

type Reach = "namespace" | "everywhere";

/** Where processes would be counted over the whole machine they are not. */
const within = (limits: Limits | undefined, reach: Reach): ReturnType<typeof resourceLimits> =>
  resourceLimits(limits ?? {}).filter(({ inNamespace }) => reach === "namespace" || inNamespace !== true);

/** For our scripts. */
export const limitPlan = (limits: Limits | undefined, reach: Reach = "namespace"): string[] =>
  within(limits, reach).flatMap(({ number, value }) => ["limit", `${number}=${value}`]);

const shellFlags: Readonly<Record<number, string>> = { 0: "-t", 1: "-f", 2: "-d", 7: "-n" };

/** A shell that sets them and becomes the command; nothing where there are none. Debian's shell counts processes by `-p`. */
export function limitedShell(limits: Limits | undefined, reach: Reach = "namespace"): string[] {
  const lines = within(limits, reach).map(({ number, value }) => {
    if (number === 6) return `{ ulimit -u ${value} 2>/dev/null || ulimit -p ${value}; }`;
    return `ulimit ${shellFlags[number]} ${number === 1 ? value / 512 : number === 2 ? value / 1024 : value}`;
  });
  return lines.length === 0 ? [] : ["/bin/sh", "-c", `${lines.join(" && ")} && exec "$0" "$@"`];
}

export const timeOf = (limits: Limits | undefined): { seconds?: number } =>
  limits?.seconds === undefined ? {} : { seconds: limits.seconds };

/** The kernel counts everybody's processes but those of user 0. */
export const rootUncounted = "the kernel does not count the processes of user 0; memory, files and time are bounded";
