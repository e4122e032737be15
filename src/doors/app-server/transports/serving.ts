/** A transport at work. */
export interface Serving {
  /** Resolves to the exit code when it has ended by itself, as it does when its only client leaves. */
  readonly ended: Promise<number>;
  /** Takes nobody on any more, and ends the connections that there are. */
  close(): Promise<void>;
}

/** What a transport has to say to whoever started the server. */
export type Tell = (line: string) => void;
