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

/** For our scripts. Where processes would be counted over the whole machine they are not. */
export function limitPlan(limits: Limits | undefined, reach: "namespace" | "everywhere" = "namespace"): string[] {
  return resourceLimits(limits ?? {})
    .filter(({ inNamespace }) => reach === "namespace" || inNamespace !== true)
    .flatMap(({ number, value }) => ["limit", `${number}=${value}`]);
}

export const timeOf = (limits: Limits | undefined): { seconds?: number } =>
  limits?.seconds === undefined ? {} : { seconds: limits.seconds };

/** The kernel counts everybody's processes but those of user 0. */
export const rootUncounted = "the kernel does not count the processes of user 0; memory, files and time are bounded";
