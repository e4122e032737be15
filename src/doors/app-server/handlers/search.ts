import type { ClientMethod } from "../../../protocol/codex-0.169/app-server/methods.ts";
import { messageOf } from "../../../protocol/errors.ts";
import type { Connection } from "../connection.ts";
import { internalError, refused, RequestError } from "../request-error.ts";
import { placesOf, search, type Place } from "../search/search.ts";
import { treeOf } from "../search/trees.ts";
import type { Asked, Handlers } from "./handlers.ts";

type Methods = Extract<ClientMethod, `fuzzyFileSearch${string}`>;

/** Places that a client looks through while its user types. */
interface Session {
  readonly places: readonly Place[];
  running: AbortController;
}

const mostSessions = 64;
/** Characters of what went wrong that are told: some errors quote a whole file. */
const mostOfMessage = 300;

/** What a client looks for now. */
interface Searches {
  readonly sessions: Map<string, Session>;
  /** By the token with which a later search takes an earlier one's place. */
  readonly byToken: Map<string, AbortController>;
}

const ofConnection = new WeakMap<Connection, Searches>();

function searchesOf(connection: Connection): Searches {
  const known = ofConnection.get(connection);
  if (known !== undefined) return known;
  const made: Searches = { sessions: new Map(), byToken: new Map() };
  connection.onGone(() => {
    for (const { running } of made.sessions.values()) running.abort();
    for (const running of made.byToken.values()) running.abort();
    made.sessions.clear();
  });
  ofConnection.set(connection, made);
  return made;
}

const places = (roots: readonly string[], { server }: Asked): Place[] =>
  placesOf(roots, server.surroundings.cwd, (root) => treeOf(server, root));

function session(connection: Connection, sessionId: string): Session {
  const found = searchesOf(connection).sessions.get(sessionId);
  if (found === undefined) throw refused(`fuzzy file search session not found: ${sessionId}`);
  return found;
}

/** Looks, and tells what was found, unless something else is looked for by then. */
async function tellFound(connection: Connection, sessionId: string, query: string, of: Session): Promise<void> {
  of.running.abort();
  const running = new AbortController();
  of.running = running;
  try {
    const files = await search(query, of.places, running.signal);
    if (files === null) return;
    connection.notify({ method: "fuzzyFileSearch/sessionUpdated", params: { sessionId, query, files } });
  } catch (error) {
    if (running.signal.aborted) return;
    const message = `cannot search for files (session \`${sessionId}\`): ${messageOf(error).slice(0, mostOfMessage)}`;
    connection.notify({ method: "warning", params: { threadId: null, message } });
  }
  connection.notify({ method: "fuzzyFileSearch/sessionCompleted", params: { sessionId } });
}

export const searching: Handlers<Methods> = {
  async fuzzyFileSearch({ query, roots, cancellationToken }, asked) {
    const { byToken } = searchesOf(asked.connection);
    const running = new AbortController();
    if (cancellationToken != null) {
      byToken.get(cancellationToken)?.abort();
      byToken.set(cancellationToken, running);
    }
    try {
      return { files: (await search(query, places(roots, asked), running.signal)) ?? [] };
    } finally {
      if (cancellationToken != null && byToken.get(cancellationToken) === running) byToken.delete(cancellationToken);
    }
  },

  async "fuzzyFileSearch/sessionStart"({ sessionId, roots }, asked) {
    const { connection, after } = asked;
    if (sessionId === "") throw refused("sessionId must not be empty");
    if (roots.length === 0) {
      const why = "at least one search directory is required";
      throw new RequestError(internalError, `failed to start fuzzy file search session: ${why}`);
    }
    const { sessions } = searchesOf(connection);
    sessions.get(sessionId)?.running.abort();
    if (sessions.size >= mostSessions && !sessions.has(sessionId))
      throw refused(
        `this connection has ${mostSessions} searches open already; fuzzyFileSearch/sessionStop some first`,
      );
    const opened: Session = { places: places(roots, asked), running: new AbortController() };
    sessions.set(sessionId, opened);
    after(() => {
      void Promise.all(opened.places.map(({ tree }) => tree.entries())).catch(() => undefined);
      void tellFound(connection, sessionId, "", opened);
    });
    return {};
  },

  async "fuzzyFileSearch/sessionUpdate"({ sessionId, query }, { connection, after }) {
    const opened = session(connection, sessionId);
    after(() => void tellFound(connection, sessionId, query, opened));
    return {};
  },

  async "fuzzyFileSearch/sessionStop"({ sessionId }, { connection }) {
    const { sessions } = searchesOf(connection);
    sessions.get(sessionId)?.running.abort();
    sessions.delete(sessionId);
    return {};
  },
};
