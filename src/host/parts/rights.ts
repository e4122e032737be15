import { decide } from "../../policy/decide.ts";
import type { Permissions } from "../../protocol/permissions.ts";
import type { RequestedRights } from "../../protocol/questions.ts";
import { createRequestPermissions } from "../../tools/asking/request-permissions.ts";
import type { CallContext, Tool } from "../../tools/tool.ts";
import { surroundings } from "../walls/command-walls.ts";
import type { PartPlace, ThreadPart } from "./part.ts";

interface Grant {
  /** Null: for the whole session. */
  turnId: string | null;
  write: readonly string[];
  network: boolean;
}

/** Rights that the model asks for and the user grants while the thread runs: `request_permissions`. */
export class RightsPart implements ThreadPart {
  readonly #place: PartPlace;
  readonly #tools: readonly Tool[];
  #grants: Grant[] = [];

  constructor(place: PartPlace) {
    this.#place = place;
    this.#tools = [createRequestPermissions((...call) => this.#grant(...call))];
  }

  tools(): readonly Tool[] {
    return this.#tools;
  }

  permissions(base: Permissions, turnId: string): Permissions {
    const grants = this.#grants.filter((grant) => grant.turnId === null || grant.turnId === turnId);
    if (grants.length === 0) return base;
    const write = [...(base.granted?.write ?? []), ...grants.flatMap((grant) => grant.write)];
    const network = base.granted?.network === true || grants.some((grant) => grant.network);
    return { ...base, granted: { write, network } };
  }

  /** Recorded before it holds. What is not the user's to give away, such as the product's own folders, is left out. */
  #grant(context: CallContext, asked: RequestedRights, scope: "turn" | "session"): RequestedRights {
    const { turnId, callId } = context;
    const write = (asked.file_system?.write ?? []).filter((path) => this.#canHold(path, turnId));
    const read = asked.file_system?.read ?? [];
    const network = asked.network?.enabled === true;
    const rights: RequestedRights = {
      ...(network && { network: { enabled: true } }),
      ...(read.length + write.length > 0 && {
        file_system: { ...(read.length > 0 && { read }), ...(write.length > 0 && { write }) },
      }),
    };
    this.#place.keep({ type: "rights.granted", turnId, callId, rights, scope });
    // A turn's grants end with it: no other one has its id.
    this.#grants = this.#grants.filter((grant) => grant.turnId === null || grant.turnId === turnId);
    this.#grants.push({ turnId: scope === "turn" ? turnId : null, write, network });
    return rights;
  }

  #canHold(path: string, turnId: string): boolean {
    const { config, system } = this.#place;
    const around = surroundings(config, system);
    const now = this.permissions(around.permissions, turnId);
    const granted = { write: [...(now.granted?.write ?? []), path], network: false };
    const context = {
      ...around,
      permissions: { ...now, granted },
      standing: { sandbox: null, why: "" },
      required: [],
    };
    return decide({ kind: "write", paths: [path] }, context).type === "allow";
  }
}
