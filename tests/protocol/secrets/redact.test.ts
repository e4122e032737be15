import { describe, expect, it } from "vitest";
import { redact, redactAll, redacted } from "../../../src/protocol/secrets/redact.ts";
import { madeUpSecrets } from "../../hostile/made-up-secrets.ts";

const secrets = madeUpSecrets();

describe("a secret is taken out of a text:", () => {
  it.each(secrets)("$kind", ({ text, secret }) => {
    const around = [text, `before ${text} after`, `"${text}"`, `a\n${text}\nb`, `see ${text}, or not.`];
    for (const whole of around) {
      const clean = redact(whole);
      expect(clean).not.toContain(secret);
      expect(clean).toContain(redacted);
      expect(redact(clean)).toBe(clean);
    }
    expect(redact(`before ${text} after`)).toMatch(/^before /);
  });

  it("of at least fifty kinds", () => {
    expect(new Set(secrets.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(50);
  });

  it("all of them out of one text", () => {
    const clean = redact(secrets.map(({ text }) => text).join("\n\n"));
    expect(secrets.filter(({ secret }) => clean.includes(secret))).toEqual([]);
  });

  it("and no empty one looked for", () => {
    expect(redact("nothing to hide", [""])).toBe("nothing to hide");
  });

  it("one that is known, whatever it looks like", () => {
    expect(redact("the word is correct-horse, twice correct-horse", ["correct-horse"])).toBe(
      `the word is ${redacted}, twice ${redacted}`,
    );
  });

  it("also of a key that was cut off", () => {
    const key = "abc123/+".repeat(40);
    expect(redact(`-----BEGIN RSA PRIVATE KEY-----\n${key}`)).toBe(redacted);
  });
});

const image = Buffer.from(Uint8Array.from({ length: 3000 }, (_, at) => (at * at * 31 + at * 7) % 251)).toString(
  "base64",
);

describe("what is no secret stays as it is:", () => {
  it.each([
    "commit 3f786850e387550fdab836ed7e6dc881de23001b (HEAD -> main)",
    "Already up to date. 3f78685..89e6c98 main -> main",
    "019a8f2e-4c1b-7d20-9a53-0f6f1d2c3b4a",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    '"integrity": "sha512-v2kDEe57lecTulaDIuNTPy3Ry4gLGJ6Z1O3vE1krgXZNrsQ+LFTGHVxVjcXPs17LhbZVGedAJv8XZ1tvj5FvSg=="',
    `![a](data:image/png;base64,${image})`,
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJqfVxJQ2uZ1cXnq9w2y3l4k5j6h7g8f9d0s1a2z3x4c user@host",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
    "const token = lexer.next();",
    "const token = tokens[index2];",
    "let password: string;",
    "password: string | null,",
    "if (token === previousToken2) return;",
    "const secret = process.env.SECRET_KEY;",
    "password = input('Password: ')",
    'placeholder="Enter your password"',
    '<label for="password">Password</label>',
    "export API_KEY=$OTHER_KEY",
    "api_key: ${{ secrets.API_KEY }}",
    "API_KEY=<your key>",
    "token_count: 1234567890",
    "max_tokens=100000 total_tokens: 123456789",
    "tokenizer = AutoTokenizer2.from_pretrained(name)",
    "the access key is kept in ~/.config/keys2/file",
    "secret: /run/secrets/db_password1",
    'token: "identifier"',
    ".sk-loading-indicator-with-a-long-name { color: red }",
    "http://localhost:8080/path@2x.png",
    "https://example.com:8443/a?b=c&d=e",
    "git@github.com:owner/repository.git",
    "docker run -u 1000:1000 image",
    "npm_config_cache npm_lifecycle_event",
    "src/main.ts:120:13: error TS2345: Argument of type 'x'",
    "Authorization: Bearer $TOKEN",
    "a bearer of bad news2 came",
    "cookies: none; Cookie policy",
    "drwxr-xr-x 2 root root 4096 Nov 21 20:22 secrets",
    "PASSWORD_MIN_LENGTH=12",
    "const keyLength = 32; // key-value",
    "1.2.3.4:5678",
    "https://hooks.slack.com/",
    "Basic usage: run it",
    "eyJ is how a JSON Web Token begins",
  ])("%s", (text) => expect(redact(text)).toBe(text));
});

describe("the time that it takes", () => {
  const size = 2 ** 20;
  const units = [
    ..."aA0-_=/:. \n\"'$%\\[{",
    "sk-",
    "eyJaaaaaaaaaa.",
    "token=",
    'token="',
    "password: '",
    "://",
    "://aaaa:b",
    "cookie: a",
    "authorization: ",
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN ",
    "machine a login b password ",
    "12345678:",
    "passwordpassword",
    "Private-Lines: 1\nAAA\n",
    " --token ",
    " -u a:",
    "token-token_",
    "?sig=",
    "$2a$",
    "A".repeat(24),
    "secret_",
  ];

  it("grows with the length, on a megabyte of whatever", () => {
    redact("warm".repeat(1000));
    const slow = units.filter((unit) => {
      const once = (length: number): number => {
        const text = unit.repeat(Math.ceil(length / unit.length));
        const begun = performance.now();
        redact(text);
        return performance.now() - begun;
      };
      // A square would be 256 times; two seconds are far above the line and far below the square.
      return once(size) > 2000 && once(size) > 64 * once(size / 16);
    });
    expect(slow).toEqual([]);
  });
});

describe("a value for programs", () => {
  it("is cleaned in all of its texts, and by the names of its fields", () => {
    const { secret } = secrets[0]!;
    const value = {
      password: "hunter2hunter2",
      list: [{ output: `it is ${secret}!` }],
      count: 3,
      id: null,
      token: "next",
    };
    expect(redactAll(value)).toEqual({
      password: redacted,
      list: [{ output: `it is ${redacted}!` }],
      count: 3,
      id: null,
      token: "next",
    });
  });
});
