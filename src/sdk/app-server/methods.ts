/** A function for each method that most programs use; `request` reaches all others. */
import { ValidationError } from "../errors.ts";
import type { ClientMethod, ResultOf } from "../../protocol/codex-0.169/app-server/methods.ts";
import type { RequestOptions } from "./connection/connection.ts";
import {
  knownOnly,
  mergedParams,
  type ForkParams,
  type ParamOptions,
  type ResumeParams,
  type ThreadParams,
  type TurnParams,
} from "./params.ts";
import type { SentParams } from "./sent.ts";
import { readPrompt, type Prompt } from "./turns/prompt.ts";

export type AppServerThread = ResultOf<"thread/read">["thread"];
export type AppServerReviewTarget =
  | { type: "uncommittedChanges" }
  | { type: "baseBranch"; branch: string }
  | { type: "commit"; sha: string; title?: string | null }
  | { type: "custom"; instructions: string };

type ConfigWrite = { filePath?: string; expectedVersion?: string };
type Page = { limit?: number; cursor?: string };

/** Options of those that send parameters which this client knows. */
export interface CheckedOptions extends RequestOptions {
  /** Send parameters that this client does not know. */
  allowUnknown?: boolean | undefined;
}

export interface MethodSettings {
  processCwd: string | undefined;
  defaultThreadParams: object | undefined;
  defaultTurnParams: object | undefined;
  params: ParamOptions;
}

export abstract class Methods {
  protected abstract readonly methodSettings: MethodSettings;

  /** Any method: those of the table are typed, of others everything is taken. */
  abstract request<M extends ClientMethod | (string & Record<never, never>)>(
    method: M,
    params?: M extends ClientMethod ? SentParams<M> : unknown,
    options?: RequestOptions,
  ): Promise<M extends ClientMethod ? ResultOf<M> : unknown>;

  /** Called with each answer that has a thread which is loaded now. */
  protected abstract threadOpened(result: { thread?: { id?: string } }): void;

  async threadStart(params?: ThreadParams | null, options?: CheckedOptions): Promise<ResultOf<"thread/start">> {
    const result = await this.#call("thread/start", this.#ofThread("thread/start", params, {}, options), options);
    this.threadOpened(result);
    return result;
  }

  async threadResume(
    threadId: string,
    params?: ResumeParams | null,
    options?: CheckedOptions,
  ): Promise<ResultOf<"thread/resume">> {
    const result = await this.#call(
      "thread/resume",
      this.#ofThread("thread/resume", params, { threadId }, options),
      options,
    );
    this.threadOpened(result);
    return result;
  }

  async threadFork(
    threadId: string,
    params?: ForkParams | null,
    options?: CheckedOptions,
  ): Promise<ResultOf<"thread/fork">> {
    const result = await this.#call(
      "thread/fork",
      this.#ofThread("thread/fork", params, { threadId }, options),
      options,
    );
    this.threadOpened(result);
    return result;
  }

  async threadRead(threadId: string, includeTurns = false, options?: RequestOptions): Promise<AppServerThread> {
    return (await this.#call("thread/read", { threadId, includeTurns }, options)).thread;
  }

  async threadList(
    limit = 50,
    sortKey: NonNullable<SentParams<"thread/list">["sortKey"]> = "updated_at",
    options?: RequestOptions,
  ): Promise<AppServerThread[]> {
    return (await this.#call("thread/list", { limit, sortKey }, options)).data;
  }

  /** Every thread, page by page as they are read. */
  async *listAllThreads(
    filters: Omit<SentParams<"thread/list">, "cursor"> = {},
    options?: RequestOptions,
  ): AsyncGenerator<AppServerThread, void, undefined> {
    for (let cursor: string | null = null; ;) {
      const page: ResultOf<"thread/list"> = await this.#call("thread/list", given({ ...filters, cursor }), options);
      yield* page.data;
      cursor = page.nextCursor ?? null;
      if (cursor === null) return;
    }
  }

  threadArchive(threadId: string, options?: RequestOptions): Promise<ResultOf<"thread/archive">> {
    return this.#call("thread/archive", { threadId }, options);
  }

  threadUnarchive(threadId: string, options?: RequestOptions): Promise<ResultOf<"thread/unarchive">> {
    return this.#call("thread/unarchive", { threadId }, options);
  }

  threadDelete(threadId: string, options?: RequestOptions): Promise<ResultOf<"thread/delete">> {
    return this.#call("thread/delete", { threadId }, options);
  }

  threadNameSet(threadId: string, name: string, options?: RequestOptions): Promise<ResultOf<"thread/name/set">> {
    return this.#call("thread/name/set", { threadId, name }, options);
  }

  threadCompactStart(threadId: string, options?: RequestOptions): Promise<ResultOf<"thread/compact/start">> {
    return this.#call("thread/compact/start", { threadId }, options);
  }

  /** Takes the last turns of the thread back. Files stay as they are. */
  async threadRollback(
    threadId: string,
    numTurns: number,
    options?: RequestOptions,
  ): Promise<ResultOf<"thread/revert">> {
    if (!Number.isInteger(numTurns) || numTurns < 1)
      throw new ValidationError("numTurns", "must be a whole number above 0");
    let first: string | null = null;
    let left = numTurns;
    for (let cursor: string | null = null; left > 0;) {
      const params: SentParams<"thread/turns/list"> = { threadId, limit: Math.min(left, 100), sortDirection: "desc" };
      const page: ResultOf<"thread/turns/list"> = await this.#call(
        "thread/turns/list",
        given({ ...params, cursor }),
        options,
      );
      first = page.data.at(-1)?.id ?? first;
      left -= page.data.length;
      cursor = page.nextCursor ?? null;
      if (cursor === null || page.data.length === 0) break;
    }
    if (first === null) throw new ValidationError("threadId", `names a thread without turns: ${threadId}`);
    return this.#call("thread/revert", { threadId, beforeTurnId: first }, options);
  }

  threadLoadedList(params: Page = {}, options?: RequestOptions): Promise<ResultOf<"thread/loaded/list">> {
    return this.#call("thread/loaded/list", given(params), options);
  }

  /** Starts a turn and does not wait for it: the turns of `responsesEvents` are easier. */
  async turnStart(
    threadId: string,
    input: Prompt,
    params?: TurnParams | null,
    options?: CheckedOptions,
  ): Promise<ResultOf<"turn/start">> {
    const { defaultTurnParams, params: settings } = this.methodSettings;
    const fixed = { threadId, input: readPrompt(input) };
    const rules = { ...settings, allowUnknown: options?.allowUnknown };
    const merged = mergedParams("turn/start", [defaultTurnParams, params], fixed, rules);
    return this.#call("turn/start", merged as SentParams<"turn/start">, options);
  }

  turnInterrupt(threadId: string, turnId: string, options?: RequestOptions): Promise<ResultOf<"turn/interrupt">> {
    return this.#call("turn/interrupt", { threadId, turnId }, options);
  }

  async turnSteer(
    threadId: string,
    turnId: string,
    prompt: Prompt,
    options?: RequestOptions,
  ): Promise<ResultOf<"turn/steer">> {
    const input = readPrompt(prompt) as SentParams<"turn/steer">["input"];
    return this.#call("turn/steer", { threadId, expectedTurnId: turnId, input }, options);
  }

  /** `detached`: in a fork of the thread, which the server itself does no longer make. */
  async reviewStart(
    threadId: string,
    target: AppServerReviewTarget,
    delivery?: "inline" | "detached" | null,
    options?: RequestOptions,
  ): Promise<ResultOf<"review/start">> {
    const whole = target.type === "commit" ? { ...target, title: target.title ?? null } : target;
    const inline = delivery === "inline" ? { delivery } : {};
    const reviewed =
      delivery === "detached" ? (await this.threadFork(threadId, { excludeTurns: true }, options)).thread.id : threadId;
    return this.#call("review/start", { threadId: reviewed, target: whole, ...inline }, options);
  }

  skillsList(
    params: { cwds?: string[]; forceReload?: boolean } = {},
    options?: RequestOptions,
  ): Promise<ResultOf<"skills/list">> {
    return this.#call("skills/list", given(params), options);
  }

  /** Of servers before 0.169. */
  skillsRemoteRead(options?: RequestOptions): Promise<unknown> {
    return this.request("skills/remote/read", {}, options);
  }

  /** Of servers before 0.169. */
  skillsRemoteWrite(hazelnutId: string, isPreload: boolean, options?: RequestOptions): Promise<unknown> {
    return this.request("skills/remote/write", { hazelnutId, isPreload }, options);
  }

  skillsConfigWrite(
    path: string,
    enabled: boolean,
    options?: RequestOptions,
  ): Promise<ResultOf<"skills/config/write">> {
    return this.#call("skills/config/write", { path, enabled }, options);
  }

  appList(
    params: Page & { threadId?: string; forceRefetch?: boolean } = {},
    options?: RequestOptions,
  ): Promise<ResultOf<"app/list">> {
    return this.#call("app/list", given(params), options);
  }

  modelList(
    params: Page & { modelProvider?: string; includeHidden?: boolean } = {},
    options?: RequestOptions,
  ): Promise<ResultOf<"model/list">> {
    return this.#call("model/list", given(params), options);
  }

  accountRateLimitsRead(options?: RequestOptions): Promise<ResultOf<"account/rateLimits/read">> {
    return this.#call("account/rateLimits/read", undefined, options);
  }

  accountRead(params: { refreshToken?: boolean } = {}, options?: RequestOptions): Promise<ResultOf<"account/read">> {
    return this.#call("account/read", given(params), options);
  }

  /** The answer is waited for as long as the command may take, and a while. */
  commandExec(
    command: string[],
    params: Omit<SentParams<"command/exec">, "command"> = {},
    options?: RequestOptions,
  ): Promise<ResultOf<"command/exec">> {
    return this.#call("command/exec", given({ ...params, command }), options);
  }

  configRead(
    { cwd, includeLayers = false }: { cwd?: string; includeLayers?: boolean } = {},
    options?: RequestOptions,
  ): Promise<ResultOf<"config/read">> {
    return this.#call("config/read", given({ cwd, includeLayers: includeLayers || undefined }), options);
  }

  configValueWrite(
    keyPath: string,
    value: unknown,
    { mergeStrategy = "upsert", ...rest }: ConfigWrite & { mergeStrategy?: "replace" | "upsert" } = {},
    options?: RequestOptions,
  ): Promise<ResultOf<"config/value/write">> {
    return this.#call("config/value/write", { keyPath, value, mergeStrategy, ...given(rest) }, options);
  }

  configBatchWrite(
    edits: SentParams<"config/batchWrite">["edits"],
    params: ConfigWrite & { reloadUserConfig?: boolean } = {},
    options?: RequestOptions,
  ): Promise<ResultOf<"config/batchWrite">> {
    return this.#call("config/batchWrite", { edits, ...given(params) }, options);
  }

  configRequirementsRead(options?: RequestOptions): Promise<ResultOf<"configRequirements/read">> {
    return this.#call("configRequirements/read", undefined, options);
  }

  configMcpServerReload(options?: RequestOptions): Promise<ResultOf<"config/mcpServer/reload">> {
    return this.#call("config/mcpServer/reload", undefined, options);
  }

  mcpServerStatusList(
    params: SentParams<"mcpServerStatus/list"> = {},
    options?: RequestOptions,
  ): Promise<ResultOf<"mcpServerStatus/list">> {
    return this.#call("mcpServerStatus/list", given(params), options);
  }

  mcpServerOauthLogin(
    name: string,
    params: { scopes?: string[]; timeoutSecs?: number } = {},
    options?: RequestOptions,
  ): Promise<ResultOf<"mcpServer/oauth/login">> {
    return this.#call("mcpServer/oauth/login", { name, ...given(params) }, options);
  }

  fuzzyFileSearch(
    query: string,
    { roots, cancellationToken }: { roots?: string[]; cancellationToken?: string } = {},
    options?: RequestOptions,
  ): Promise<ResultOf<"fuzzyFileSearch">> {
    const folders = roots ?? [this.methodSettings.processCwd ?? process.cwd()];
    return this.#call("fuzzyFileSearch", { query, roots: folders, ...given({ cancellationToken }) }, options);
  }

  #call<M extends ClientMethod>(
    method: M,
    params: SentParams<M> | undefined,
    options?: RequestOptions,
  ): Promise<ResultOf<M>> {
    return this.request(method, params as never, options) as Promise<ResultOf<M>>;
  }

  #ofThread<M extends "thread/start" | "thread/resume" | "thread/fork">(
    method: M,
    params: object | null | undefined,
    fixed: Record<string, unknown>,
    options: CheckedOptions | undefined,
  ): SentParams<M> {
    const { defaultThreadParams, params: settings } = this.methodSettings;
    const layers = [knownOnly(method, defaultThreadParams), params];
    return mergedParams(method, layers, fixed, { ...settings, allowUnknown: options?.allowUnknown }) as SentParams<M>;
  }
}

/** Without what is not set. */
function given<Params extends object>(params: Params): Params {
  return Object.fromEntries(
    Object.entries(params).filter(([, value]) => value !== undefined && value !== null),
  ) as Params;
}
