/**
 * What secrets look like. Every expression takes time in proportion to the text, whatever the text: what repeats has a limit, or
 * nothing after it that could fail.
 */
export interface Shape {
  readonly kind: string;
  /** Global. A first group is kept in front of what is taken out; a second is taken out alone. */
  readonly pattern: RegExp;
  /** Of what would be taken out: whether it is a secret after all. */
  readonly check?: (secret: string) => boolean;
}

/** Nothing that goes on to the left: a token within base64 or a longer name is none. */
const start = "(?<![A-Za-z0-9+/=_-])";
const token = (kind: string, body: string, check?: Shape["check"]): Shape => ({
  kind,
  pattern: new RegExp(`${start}${body}`, "g"),
  ...(check !== undefined && { check }),
});
const marked = (kind: string, source: string, check?: Shape["check"], flags = "gi"): Shape => ({
  kind,
  pattern: new RegExp(source, flags),
  ...(check !== undefined && { check }),
});

const mixed = (text: string): boolean => /\d/.test(text) && /[A-Za-z]/.test(text);
/** Words with hyphens are names, of classes for example. */
const random = (text: string): boolean => mixed(text) && !/^[a-z0-9]+(?:-[a-z]{2,12}){3,}$/.test(text);

/** Stands for a value and is none. */
const placeholder =
  /^(?:[$%<{*[]|\.\.\.|x{4,}|your[-_ ]|my[-_]|example|changeme|process\.env|os\.environ|import\.meta|env\.|true$|false$|null$|none$|undefined$)/i;
const member = /^[A-Za-z_$][\w$]*(?:\??\.[A-Za-z_$][\w$]*)+$/;
const word = /^[A-Za-z_$][A-Za-z_$-]*$/;

const quotedValue = (text: string): boolean => !placeholder.test(text) && !/\s/.test(text) && !word.test(text);
const plainValue = (text: string): boolean =>
  quotedValue(text) &&
  !member.test(text) &&
  (mixed(text) || /[^\w.:/-]/.test(text)) &&
  !/^[a-z]+:\/\/|^[./~]/.test(text);
const anyValue = (text: string): boolean => !placeholder.test(text);

const secretName =
  "(?:pass(?:word|wd|phrase)|pwd|secret|token|api[_-]?key|access[_-]?key(?:[_-]?id)?|(?:private|secret|auth|account|encryption|signing|master|license|app(?:lication)?|deploy)[_-]?key|key[_-]data|credentials?)(?:[_-][A-Za-z0-9_-]{0,30})?";
const assigned = `${secretName}["']?[ \\t]{0,3}(?:=>|:=|=|:)[ \\t]{0,3}`;

export const shapes = (): readonly Shape[] => [
  // Blocks first: what is in them has shapes of its own. A block that was cut off is one, too.
  marked(
    "private key",
    "-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!----)){0,30000}(?:-----END [A-Z0-9 ]{0,60}-----)?",
    undefined,
    "g",
  ),
  marked("PuTTY key", "(Private-Lines: \\d{1,4}\\r?\\n)((?:[A-Za-z0-9+/=]{1,80}\\r?\\n){1,200})", undefined, "g"),
  token("age key", "AGE-(?:SECRET-KEY-1|PLUGIN-[A-Z0-9-]{1,40}-1)[A-Z0-9]{20,200}"),

  token("Anthropic key", "sk-ant-[A-Za-z0-9_-]{16,200}"),
  token("OpenAI key", "sk-(?:proj|svcacct|admin|None|service)-[A-Za-z0-9_-]{16,250}"),
  token("OpenRouter key", "sk-or-[A-Za-z0-9_-]{16,200}"),
  token("model provider's key", "sk-[A-Za-z0-9_-]{20,250}", random),
  token("Hugging Face token", "(?:hf|api_org)_[A-Za-z0-9]{30,60}"),
  token("Replicate token", "r8_[A-Za-z0-9]{37,40}"),
  token("Groq key", "gsk_[A-Za-z0-9]{40,64}"),
  token("Perplexity key", "pplx-[A-Za-z0-9]{40,64}"),
  token("xAI key", "xai-[A-Za-z0-9]{40,120}"),
  token("Cerebras key", "csk-[A-Za-z0-9]{40,64}", mixed),
  token("Fireworks key", "fw_[A-Za-z0-9]{22,40}", mixed),
  token("Tavily key", "tvly-[A-Za-z0-9-]{20,64}", mixed),
  token("LangSmith key", "lsv2_(?:pt|sk)_[A-Za-z0-9_]{32,80}"),

  token("GitHub token", "gh[pousr]_[A-Za-z0-9]{30,255}"),
  token("GitHub fine-grained token", "github_pat_[A-Za-z0-9_]{22,255}"),
  token("GitLab token", "gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|oas)-[A-Za-z0-9_.-]{20,200}"),
  token("GitLab runner token", "GR1348941[A-Za-z0-9_-]{20,40}"),
  token("Bitbucket token", "ATBB[A-Za-z0-9_=.-]{24,100}", mixed),
  token("Atlassian token", "AT[AC]TT3[A-Za-z0-9_=.-]{40,400}"),
  token("npm token", "npm_[A-Za-z0-9]{36,60}"),
  token("PyPI token", "pypi-[A-Za-z0-9_-]{50,500}"),
  token("RubyGems key", "rubygems_[0-9a-f]{40,64}"),
  token("crates.io token", "cio[A-Za-z0-9]{32}(?![A-Za-z0-9])", mixed),
  token("NuGet key", "oy2[a-z0-9]{43}(?![A-Za-z0-9])"),
  token("Docker Hub token", "dckr_[po]at_[A-Za-z0-9_-]{20,80}"),

  token("AWS access key", "A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}(?![A-Za-z0-9])"),
  token("Google API key", "AIza[A-Za-z0-9_-]{35}"),
  token("Google OAuth token", "ya29\\.[A-Za-z0-9._-]{20,400}"),
  token("Google OAuth refresh token", "1//0[A-Za-z0-9_-]{40,200}"),
  token("Google client secret", "GOCSPX-[A-Za-z0-9_-]{20,60}"),
  token("Azure client secret", "[A-Za-z0-9_~.]{3}\\dQ~[A-Za-z0-9_~.-]{31,34}"),
  marked("Azure key", "((?:Account|SharedAccess)Key=)([A-Za-z0-9+/=]{30,200})"),
  marked("signature of a URL", "([?&](?:sig|signature|x-amz-signature|x-goog-signature)=)([A-Za-z0-9%+/=_-]{24,400})"),
  token("DigitalOcean token", "do[opr]_v1_[0-9a-f]{64}"),
  token("Heroku key", "HRKU-[A-Za-z0-9_-]{30,80}"),
  token("Cloudflare key", "v1\\.0-[0-9a-f]{24}-[0-9a-f]{100,200}"),
  token("Cloudflare token", "cf(?:ut|at|k)_[A-Za-z0-9]{40,80}"),
  token("Databricks token", "dapi[0-9a-f]{32}(?:-\\d{1,2})?(?![0-9a-f])"),
  token("Terraform token", "[A-Za-z0-9]{14}\\.atlasv1\\.[A-Za-z0-9_=-]{50,80}"),
  token("Vault token", "hv[sbr]\\.[A-Za-z0-9_-]{24,300}"),
  token("Pulumi token", "pul-[0-9a-f]{40}"),
  token("Fly token", "fm[12][ar]?_[A-Za-z0-9+/=_-]{60,1000}"),
  token("Netlify token", "nfp_[A-Za-z0-9]{36,60}"),
  token("Supabase key", "sb(?:p_[0-9a-f]{40}|_secret_[A-Za-z0-9_-]{20,60})"),
  token("PlanetScale token", "pscale_(?:tkn|oauth|pw)_[A-Za-z0-9_=.-]{32,80}"),
  token("Doppler token", "dp\\.(?:pt|st|ct|sa|scim|audit)\\.[A-Za-z0-9._-]{40,100}"),
  token("Tailscale key", "tskey-[a-z]{2,12}-[A-Za-z0-9-]{16,80}"),
  token("1Password token", "ops_eyJ[A-Za-z0-9+/=_-]{60,2000}"),

  token("Slack token", "xox[abeoprs](?:\\.xox[bp])?-[A-Za-z0-9-]{10,300}"),
  token("Slack app token", "xapp-\\d-[A-Za-z0-9-]{10,300}"),
  marked("Slack webhook", "(hooks\\.slack\\.com/)((?:services|workflows|triggers)/[A-Za-z0-9/_-]{20,200})"),
  marked("Discord webhook", "(discord(?:app)?\\.com/api/webhooks/\\d{15,22}/)([A-Za-z0-9_-]{40,100})"),
  token("Discord token", "[MNO][A-Za-z0-9_-]{23,27}\\.[A-Za-z0-9_-]{6}\\.[A-Za-z0-9_-]{27,40}"),
  token("Telegram token", "\\d{8,10}:[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])", mixed),
  token("Twilio key", "SK[0-9a-f]{32}(?![0-9a-f])"),
  token("SendGrid key", "SG\\.[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{32,64}"),
  token("Mailgun key", "key-[0-9a-f]{32}(?![0-9a-f])"),
  token("Mailgun key", "[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}(?![0-9a-f-])"),
  token("Mailchimp key", "[0-9a-f]{32}-us\\d{1,2}(?![0-9a-z])"),
  token("Stripe key", "[srp]k_(?:live|test)_[A-Za-z0-9]{10,250}"),
  token("Stripe webhook secret", "whsec_[A-Za-z0-9+/=]{20,100}"),
  token("Square token", "sq0(?:atp|csp|idp)-[A-Za-z0-9_-]{20,60}"),
  token("Square token", "EAAA[A-Za-z0-9_-]{56,64}(?![A-Za-z0-9_-])", mixed),
  token("PayPal token", "access_token\\$(?:production|sandbox)\\$[a-z0-9]{10,30}\\$[0-9a-f]{32}"),
  token("Shopify token", "shp(?:at|ca|pa|ss|ua)_[0-9a-fA-F]{32}"),
  token("EasyPost key", "EZ[AT]K[A-Za-z0-9]{54}"),

  token("New Relic key", "NR(?:AK|JS|II|RA|AA)-[A-Za-z0-9_-]{19,64}"),
  token("New Relic license", "[0-9a-f]{36}NRAL"),
  token("Datadog token", "dd(?:pat|app)_[A-Za-z0-9]{30,64}"),
  token("Sentry token", "sntry[su]_[A-Za-z0-9+/=_-]{40,300}"),
  marked("Sentry DSN", "(https?://)([0-9a-f]{32}(?::[0-9a-f]{32})?)(?=@[a-z0-9.:-]{1,200}/\\d)"),
  token("Grafana token", "gl(?:sa_[A-Za-z0-9]{32}_[0-9a-f]{8}|c_[A-Za-z0-9+/=]{32,400})"),
  token("Dynatrace token", "dt0[a-z]\\d\\d\\.[A-Z0-9]{24}\\.[A-Z0-9]{64}"),
  token("PostHog key", "ph[cx]_[A-Za-z0-9]{40,60}"),

  token("Linear key", "lin_(?:api|oauth)_[A-Za-z0-9]{32,80}"),
  token("Notion token", "(?:secret_[A-Za-z0-9]{43}|ntn_[A-Za-z0-9]{40,50})(?![A-Za-z0-9])"),
  token("Figma token", "fig[dour]h?_[A-Za-z0-9_-]{30,60}"),
  token("Airtable token", "pat[A-Za-z0-9]{14}\\.[0-9a-f]{64}"),
  token("Asana token", "\\d/\\d{15,20}(?:/\\d{15,20})?:[0-9a-f]{32}"),
  token("Dropbox token", "sl\\.(?:u\\.)?[A-Za-z0-9_-]{80,2000}"),
  token("Facebook token", "EAA[A-Za-z0-9]{80,400}", mixed),
  token("Twitter token", "A{19,24}[A-Za-z0-9%]{60,200}", (text) => text.includes("%")),
  token("JSON Web Token", "eyJ[A-Za-z0-9_-]{8,4000}\\.eyJ[A-Za-z0-9_-]{8,8000}\\.[A-Za-z0-9_-]{0,2000}"),

  marked("password in a URL", "(://[^\\s/@:'\"<>]{0,100}:)([^\\s@'\"<>/]{1,300})(?=@)", anyValue),
  marked("token in a URL", "(://)([A-Za-z0-9_-]{20,300})(?=@)", mixed),
  marked(
    "authorization",
    "(authorization[\"']?[ \\t]{0,3}[:=][ \\t]{0,3}[\"']?(?:bearer|basic|token|apikey|digest|negotiate)[ \\t]{1,3})([^\\s\"',;]{4,4000})",
    anyValue,
  ),
  marked("authorization", "(authorization[\"']?[ \\t]{0,3}:[ \\t]{0,3}[\"']?)([^\\s\"',;]{16,4000})", mixed),
  marked("bearer token", "(\\bbearer[ \\t]{1,3})([A-Za-z0-9._~+/=-]{16,4000})", mixed),
  marked(
    "cookie",
    "(\\b(?:set-)?cookie[\"']?[ \\t]{0,3}:[ \\t]{0,3}[\"']?)([^\\s\"'=;]{1,100}=[^\\s\"';,]{4,4000}(?:;[ \\t]?[^\\s\"'=;,]{1,100}=[^\\s\"';,]{1,4000}){0,50})",
  ),
  marked("netrc", "(\\bmachine\\s{1,8}\\S{1,200}\\s{1,8}login\\s{1,8}\\S{1,200}\\s{1,8}password\\s{1,8})(\\S{1,400})"),
  marked(
    "login of curl",
    "(\\s(?:-u|--user|--proxy-user)[ =][\"']?[^\\s:\"']{1,100}:)([^\\s\"']{3,300})",
    (text) => anyValue(text) && !/^\d+$/.test(text),
  ),
  marked("password of sshpass", "(\\bsshpass[ \\t]{1,3}-p[ \\t]{0,3}[\"']?)([^\\s\"']{3,300})", anyValue),
  marked(
    "secret on a command line",
    "(\\s--(?:password|passwd|token|secret|api-?key|access-token|auth-token|client-secret)[ =][\"']?)([^\\s\"']{6,400})",
    plainValue,
  ),
  marked(
    "password hash",
    "(?<![A-Za-z0-9])\\$(?:2[aby]|apr1|argon2id?|[156y])\\$[./A-Za-z0-9$=,+]{20,200}",
    undefined,
    "g",
  ),
  marked("login of a registry", '("auth"[ \\t]{0,3}:[ \\t]{0,3}")([A-Za-z0-9+/=]{12,1000})(?=")', undefined, "g"),
  marked("secret", `(${assigned}\\\\?")([^"\\s\\\\]{6,300})`, quotedValue),
  marked("secret", `(${assigned}')([^'\\s]{6,300})`, quotedValue),
  marked("secret", `(${assigned})([^\\s"'\`,;(){}[\\]<>|&]{8,300})`, plainValue),
];
