/** More than any thread holds; stops a small file from filling the memory. */
const largestBytes = 2 ** 30;

/** The content of a zstd file; throws for anything else. */
export function decompressZstd(bytes: Uint8Array): Uint8Array {
  // Loaded here, since hardly any run meets a compressed file.
  const zlib = process.getBuiltinModule("node:zlib");
  return zlib.zstdDecompressSync(bytes, { maxOutputLength: largestBytes });
}
