import { existsSync, watch, type FSWatcher } from "node:fs";
import { configIn } from "./words/which-config.ts";
import type { AppServer } from "./app-server.ts";

/** Changes that come together are told of once. */
const quietMs = 100;
/** Folders that are watched at most; whoever has more of them lists their skills anew. */
const maxFolders = 256;

/** Tells clients when skills that open threads may use have changed. */
export class SkillWatch {
  readonly #server: AppServer;
  readonly #asked = new Set<string>();
  readonly #watchers = new Map<string, FSWatcher>();
  #pending = false;

  constructor(server: AppServer) {
    this.#server = server;
  }

  /** From now on, the folders with skills of this one are watched. */
  async follow(cwd: string): Promise<void> {
    if (this.#asked.has(cwd)) return;
    this.#asked.add(cwd);
    const { roots } = await this.#server.client.call("skill/roots", configIn(this.#server, cwd));
    for (const root of roots) this.#watch(root);
  }

  #watch(root: string): void {
    if (this.#watchers.has(root) || this.#watchers.size >= maxFolders || !existsSync(root)) return;
    try {
      const watcher = watch(root, { recursive: true, persistent: false }, () => this.#changed());
      this.#watchers.set(root, watcher);
      watcher.on("error", () => {
        watcher.close();
        this.#watchers.delete(root);
      });
    } catch {
      // A machine that has no more watchers has the list all the same.
    }
  }

  #changed(): void {
    if (this.#pending) return;
    this.#pending = true;
    setTimeout(() => {
      this.#pending = false;
      this.#server.tellAll({ method: "skills/changed", params: {} });
    }, quietMs).unref();
  }
}
