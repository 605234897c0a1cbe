/** The port to unpredictable bytes, for keys, ids and secrets. */
export interface Random {
  bytes(length: number): Uint8Array;
}

/** The platform's own generator, good for keys. */
export const systemRandom: Random = {
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
};
