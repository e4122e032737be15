import { Dice } from "../support/dice.ts";

/** Secrets that open nothing, made from a seed: no scanner of repositories finds one in this file. */
export interface MadeUp {
  readonly kind: string;
  /** As it stands in a file, a variable or an output. */
  readonly text: string;
  /** What must not be seen anywhere. */
  readonly secret: string;
}

const lower = "abcdefghijklmnopqrstuvwxyz";
const letters = `${lower}${lower.toUpperCase()}`;
const alphabets = {
  hex: "0123456789abcdef",
  digits: "0123456789",
  base32: "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
  upper: "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
  lower: `${lower}0123456789`,
  word: `${letters}0123456789`,
} as const;

export function madeUpSecrets(seed = 11): MadeUp[] {
  const dice = new Dice(seed);
  const of = (alphabet: keyof typeof alphabets, length: number): string => {
    const text = Array.from({ length }, () => dice.pick([...alphabets[alphabet]])).join("");
    // Of both, always: some shapes ask for a digit and a letter.
    return alphabet === "word" || alphabet === "lower" ? `${text.slice(0, length - 2)}k7` : text;
  };
  const secrets: MadeUp[] = [];
  const token = (kind: string, secret: string): void => void secrets.push({ kind, text: secret, secret });
  const within = (kind: string, before: string, secret: string, after = ""): void =>
    void secrets.push({ kind, text: before + secret + after, secret });

  token("OpenAI project key", `sk-${"proj"}-${of("word", 64)}`);
  token("OpenAI key of old", `sk-${of("word", 48)}`);
  token("OpenAI service account", `sk-${"svcacct"}-${of("word", 60)}`);
  token("Anthropic", `sk-${"ant"}-api03-${of("word", 93)}AA`);
  token("OpenRouter", `sk-${"or"}-v1-${of("hex", 64)}`);
  token("Hugging Face", `hf_${of("word", 34)}`);
  token("Replicate", `r8_${of("word", 37)}`);
  token("Groq", `gsk_${of("word", 52)}`);
  token("Perplexity", `pplx-${of("word", 48)}`);
  token("xAI", `xai-${of("word", 80)}`);
  within("Mistral, by its variable", "MISTRAL_API_KEY=", of("word", 32));
  within("Cohere, by its variable", 'COHERE_API_KEY: "', of("word", 40), '"');
  for (const letter of "pousr") token(`GitHub ${letter}`, `gh${letter}_${of("word", 36)}`);
  token("GitHub fine-grained", `github_${"pat"}_${of("word", 22)}_${of("word", 59)}`);
  token("GitLab", `gl${"pat"}-${of("word", 20)}`);
  token("GitLab deploy token", `gl${"dt"}-${of("word", 20)}`);
  token("GitLab runner", `GR1348941${of("word", 20)}`);
  token("Bitbucket", `ATBB${of("word", 32)}`);
  token("Atlassian", `ATATT3${of("word", 180)}=${of("upper", 8)}`);
  token("npm", `npm_${of("word", 36)}`);
  within("npmrc", "//registry.example.com/:_authToken=", of("word", 40));
  token("PyPI", `pypi-AgEI${of("word", 150)}`);
  token("RubyGems", `rubygems_${of("hex", 48)}`);
  token("crates.io", `cio${of("word", 32)}`);
  token("NuGet", `oy2${of("lower", 43)}`);
  token("Docker Hub", `dckr_${"pat"}_${of("word", 27)}`);
  token("AWS access key", `AKIA${of("base32", 16)}`);
  token("AWS temporary access key", `ASIA${of("base32", 16)}`);
  within("AWS secret key", "aws_secret_access_key = ", of("word", 40));
  within("AWS session token", "AWS_SESSION_TOKEN=", `${of("word", 120)}==`);
  within("AWS, as JSON", '"SecretAccessKey": "', of("word", 40), '"');
  token("Google API key", `AIza${of("word", 35)}`);
  token("Google OAuth", `ya29.${of("word", 120)}`);
  token("Google client secret", `GOCSPX-${of("word", 28)}`);
  within(
    "Google service account",
    '{"type": "service_account", "private_key": "-----BEGIN PRIVATE KEY-----\\n',
    of("word", 64),
    '\\n-----END PRIVATE KEY-----\\n"}',
  );
  token("Azure client secret", `${of("word", 3)}8Q~${of("word", 34)}`);
  within("Azure storage", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=", of("word", 86), "==");
  within("Azure signature", "https://a.blob.example.net/c?sv=2022&sig=", of("word", 44), "%3D");
  token("Slack bot", `xoxb-${of("digits", 12)}-${of("digits", 12)}-${of("word", 24)}`);
  token("Slack user", `xoxp-${of("digits", 12)}-${of("digits", 12)}-${of("word", 32)}`);
  token("Slack app", `xapp-1-A${of("upper", 10)}-${of("digits", 13)}-${of("hex", 64)}`);
  within(
    "Slack webhook",
    "https://hooks.slack.com/",
    `services/T${of("upper", 8)}/B${of("upper", 8)}/${of("word", 24)}`,
  );
  token("Stripe live", `sk_${"live"}_${of("word", 24)}`);
  token("Stripe test", `sk_${"test"}_${of("word", 24)}`);
  token("Stripe restricted", `rk_${"live"}_${of("word", 24)}`);
  token("Stripe webhook", `whsec_${of("word", 32)}`);
  token("Twilio key", `SK${of("hex", 32)}`);
  within("Twilio, by its variable", "TWILIO_AUTH_TOKEN=", of("hex", 32));
  token("SendGrid", `SG.${of("word", 22)}.${of("word", 43)}`);
  token("Mailgun", `key-${of("hex", 32)}`);
  token("Mailchimp", `${of("hex", 32)}-us12`);
  token("DigitalOcean", `dop_v1_${of("hex", 64)}`);
  token("Heroku", `HRKU-${of("word", 40)}`);
  within("Cloudflare, by its variable", "CLOUDFLARE_API_TOKEN=", of("word", 40));
  within("Datadog, by its variable", "DD_API_KEY=", of("hex", 32));
  token("New Relic", `NRAK-${of("upper", 27)}`);
  within("Sentry DSN", "https://", of("hex", 32), "@o123.ingest.example.io/4501");
  token("Sentry", `sntrys_${of("word", 60)}`);
  token("Discord", `MT${of("word", 24)}.G${of("word", 5)}.${of("word", 38)}`);
  token("Telegram", `${of("digits", 10)}:AA${of("word", 33)}`);
  token("Shopify", `shpat_${of("hex", 32)}`);
  token("Square", `sq0atp-${of("word", 22)}`);
  token("PayPal", `access_token$production$${of("lower", 16)}$${of("hex", 32)}`);
  token("Linear", `lin_api_${of("word", 40)}`);
  token("Notion", `ntn_${of("word", 46)}`);
  token("Figma", `figd_${of("word", 40)}`);
  token("Airtable", `pat${of("word", 14)}.${of("hex", 64)}`);
  token("Asana", `1/${of("digits", 16)}:${of("hex", 32)}`);
  token("Dropbox", `sl.${of("word", 135)}`);
  token("Facebook", `EAA${of("word", 120)}`);
  token("Twitter", `${"A".repeat(21)}${of("word", 30)}%2B${of("word", 50)}`);
  token("Databricks", `dapi${of("hex", 32)}`);
  token("Vault", `hvs.${of("word", 90)}`);
  token("Terraform", `${of("word", 14)}.atlasv1.${of("word", 60)}`);
  token("Grafana", `glsa_${of("word", 32)}_${of("hex", 8)}`);
  token("Tailscale", `tskey-auth-${of("word", 20)}-${of("word", 20)}`);
  token("PostHog", `phx_${of("word", 43)}`);
  token("JWT", `eyJ${of("word", 33)}.eyJ${of("word", 90)}.${of("word", 43)}`);
  for (const kind of ["RSA ", "EC ", "OPENSSH ", ""])
    within(
      `${kind}private key`,
      `-----BEGIN ${kind}PRIVATE KEY-----\n`,
      of("word", 64),
      `\n-----END ${kind}PRIVATE KEY-----`,
    );
  within(
    "PGP key",
    "-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n",
    of("word", 64),
    "\n=ab12\n-----END PGP PRIVATE KEY BLOCK-----",
  );
  within("PuTTY key", "PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\n", of("word", 48), "\nPrivate-MAC: 1");
  token("age key", `AGE-SECRET-KEY-1${of("upper", 58)}`);
  within("URL", "https://me:", of("word", 12), "@example.com/x.git");
  within("URL of git with a token", "https://", of("word", 40), "@example.com/x.git");
  within("postgres", "postgres://app:", `${of("word", 10)}!$`, "@db:5432/app");
  within("mongodb", "mongodb+srv://app:", of("word", 14), "@c0.example.net/app?retryWrites=true");
  within("redis", "redis://:", of("word", 20), "@cache:6379/0");
  within("amqp", "amqps://q:", of("word", 20), "@mq/v");
  within("bearer header", "Authorization: Bearer ", of("word", 30));
  within("basic header", "authorization: Basic ", `${of("word", 22)}==`);
  within("cookie", "Cookie: session=", of("word", 32));
  within("set-cookie", "set-cookie: sid=", of("word", 32), "; HttpOnly");
  within("header of a key", "x-api-key: ", of("word", 32));
  within("password of a file of settings", "password = ", `${of("word", 10)}!${of("word", 10)}`);
  within("password of a program", 'const dbPassword = "', of("word", 12), '";');
  within("secret as JSON", '{"client_secret":"', of("word", 30), '"}');
  within("netrc", "machine example.com\n  login me\n  password ", of("word", 12));
  within("kubeconfig", "    client-key-data: ", of("word", 80));
  within("token of kubeconfig", "    token: ", of("word", 48));
  within("login of docker", '{"auths":{"r.example.com":{"auth":"', `${of("word", 30)}=`, '"}}}');
  within("curl", "curl -u me:", of("word", 16), " https://example.com");
  within("command line", "tool --api-key ", of("word", 24));
  within("password hash", "root:", `$6$${of("word", 16)}$${of("word", 86)}`, ":19000:0:99999:7:::");
  return secrets;
}
