import type { AuthProvider, FetchLike, OAuthClientProvider } from "@modelcontextprotocol/client";
import { withLock } from "../../../config/secrets/auth-file.ts";
import { loadLibrary } from "../library.ts";
import { limitedFetch } from "../transport/limited-fetch.ts";
import { clientMetadata } from "./client-metadata.ts";
import { type KeptLogin, readLogin, renewalLock, writeLogin } from "./login-store.ts";

/** How a connection shows a login. */
export interface ShownLogin {
  readonly fetch: FetchLike;
  readonly authProvider: AuthProvider;
}

type Unauthorized = Parameters<NonNullable<AuthProvider["onUnauthorized"]>>[0];

interface LoginPlace {
  readonly name: string;
  readonly url: string;
  readonly runtimeHome: string;
}

/** For each request of a renewal: nobody else can renew meanwhile. */
const requestLimitMs = 30_000;
/** Longer than a renewal takes at worst. */
const renewalLimitMs = 150_000;

/** Renewals that are under way in this process. */
const underWay = new Map<string, Promise<void>>();

/**
 * The login of `mcp login`, for a connection: its tokens are shown to the server, and renewed where they have grown
 * old. Null where nobody has logged in. Whatever would need a browser is an error that says how to log in.
 */
export function keptLogin(name: string, url: string, runtimeHome: string): ShownLogin | null {
  const place = { name, url, runtimeHome };
  if (stored(place) === null) return null;
  const shown = new WeakMap<Response, string | null>();
  return {
    async fetch(address, init) {
      const response = await limitedFetch(address, init);
      shown.set(response, new Headers(init?.headers).get("authorization"));
      return response;
    },
    authProvider: {
      // Read each time: another connection may have renewed them.
      token: async () => stored(place)?.tokens.access_token,
      onUnauthorized: (context) => renewOnce(place, shown.get(context.response) ?? null, context),
    },
  };
}

const stored = ({ name, url, runtimeHome }: LoginPlace): KeptLogin | null => readLogin(name, url, runtimeHome);

/** Many servers take what renews a login once, and end the login where it is shown to them again. */
function renewOnce(place: LoginPlace, refused: string | null, context: Unauthorized): Promise<void> {
  const lock = renewalLock(place.name, place.url, place.runtimeHome);
  const key = `${lock}\n${refused}`;
  let renewal = underWay.get(key);
  if (renewal === undefined) {
    const renewRefused = async (): Promise<void> => {
      const login = stored(place);
      // Else somebody was quicker, or has logged out.
      if (login !== null && `Bearer ${login.tokens.access_token}` === refused) await renew(place, context);
    };
    renewal = withLock(lock, renewRefused, renewalLimitMs);
    underWay.set(key, renewal);
    const forget = (): boolean => underWay.delete(key);
    renewal.catch(() => {}).then(forget);
  }
  return renewal;
}

async function renew(place: LoginPlace, { response, serverUrl, fetchFn }: Unauthorized): Promise<void> {
  const { auth, extractWWWAuthenticateParams } = await loadLibrary();
  const { resourceMetadataUrl, scope } = extractWWWAuthenticateParams(response);
  await auth(renewing(place), {
    serverUrl,
    fetchFn: (url, init) => fetchFn(url, { ...init, signal: AbortSignal.timeout(requestLimitMs) }),
    ...(resourceMetadataUrl !== undefined && { resourceMetadataUrl }),
    ...(scope !== undefined && { scope }),
  });
}

function renewing(place: LoginPlace): OAuthClientProvider {
  const again = (): never => {
    throw new Error(`its login has run out: run \`codex-agent mcp login ${place.name}\``);
  };
  return {
    redirectUrl: "http://127.0.0.1/callback",
    clientMetadata: clientMetadata("http://127.0.0.1/callback", []),
    clientInformation: () => stored(place)?.client,
    tokens: () => stored(place)?.tokens,
    saveTokens(tokens) {
      const login = stored(place);
      if (login !== null)
        writeLogin(place.name, { ...login, tokens: { ...login.tokens, ...tokens } }, place.runtimeHome);
    },
    // Without it, what was refused is shown once more.
    invalidateCredentials: again,
    redirectToAuthorization: again,
    saveCodeVerifier: () => {},
    codeVerifier: again,
  };
}
