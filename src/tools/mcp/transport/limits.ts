/** What one message of a server may have. Longer ones are thrown away as they come, and their call fails. */
export const maxMessageBytes = 16 * 1024 * 1024;

/** What a server may say between two answers before it counts as one that floods. */
export const maxUnaskedBytes = 256 * 1024 * 1024;

const megabytes = (bytes: number): string => `${Math.round(bytes / (1024 * 1024))} MiB`;

export const tooLong = `the answer is longer than ${megabytes(maxMessageBytes)}, which is the most that is taken`;
export const floods = `it sent ${megabytes(maxUnaskedBytes)} without an answer`;
