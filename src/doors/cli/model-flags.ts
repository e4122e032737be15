import { Option, type Command } from "commander";
import { AgentError } from "../../protocol/errors.ts";

/** Flags that say how the model's server is spoken to, in place of what the configuration says. */
export interface ModelFlags {
  vllmEndpoint?: string;
  useChatCompletion?: boolean;
  useMessages?: boolean;
}

export const addModelFlags = (command: Command): Command =>
  command
    .option("--vllm-endpoint <url>", "ask the vLLM server there")
    .option("--use-chat-completion", "ask the configured provider in chat completions")
    .addOption(
      new Option("--use-messages", "ask the configured provider in Anthropic's Messages API").conflicts([
        "vllmEndpoint",
        "useChatCompletion",
      ]),
    );

/** The same as settings, as `-c` would say them. @throws AgentError `usage` for an endpoint that is none */
export function modelOverrides({ vllmEndpoint, useChatCompletion, useMessages }: ModelFlags): string[] {
  if (useMessages === true) return ['codex_agent.wire_api="messages"'];
  const chat = useChatCompletion === true ? ['codex_agent.wire_api="chat"'] : [];
  if (vllmEndpoint === undefined) return chat;
  const url = URL.canParse(vllmEndpoint) ? new URL(vllmEndpoint) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new AgentError(
      "usage",
      `--vllm-endpoint wants a URL with scheme and host, as http://127.0.0.1:8000/v1, not ${vllmEndpoint}`,
    );
  const path = url.pathname.replace(/\/+$/, "");
  const base = `${url.origin}${path === "" ? "/v1" : path}`;
  return ['model_provider="vllm"', `codex_agent.providers.vllm.base_url=${JSON.stringify(base)}`, ...chat];
}
