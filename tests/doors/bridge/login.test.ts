import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { configured } from "../../../src/doors/bridge/configured.ts";
import { authJson, startFakeIssuer } from "../../support/fake-issuer.ts";
import { makeStage } from "../../support/run.ts";

const config = `[model_providers.mine]
name = "Mine"
base_url = "http://127.0.0.1:9/v1"
requires_openai_auth = true

[codex_agent.providers.mine]
wire_api = "chat"
`;

it("serves nobody with the user's ChatGPT account", async () => {
  const issuer = await startFakeIssuer();
  const stage = await makeStage({ homeFiles: { "config.toml": config } });
  try {
    await writeFile(join(stage.codexHome, "auth.json"), authJson(issuer, issuer.grant(3600)));
    const { provider } = await configured({ overrides: [], forwardAuth: false }, stage.env);
    expect(() => provider("mine")).toThrow("not for serving others");
    const keyed = await configured({ overrides: [], forwardAuth: false }, { ...stage.env, CODEX_API_KEY: "sk-own" });
    expect(keyed.provider("mine").key).toBe("sk-own");
  } finally {
    await issuer.close();
    await stage.dispose();
  }
});
