import {
  added,
  call,
  completed,
  created,
  customCall,
  done,
  itemParts,
  message,
  respond,
  webSearch,
  type RecordedRequest,
  type Script,
} from "../support/fake-model.ts";
import type { StageOptions } from "../support/run.ts";
import { last, patch, pixel } from "./exec-turns.ts";

/** What a model does that makes items of a kind, and the files that it needs: for `exec` and for the app-server alike. */
interface ItemScript {
  script: () => Script;
  stage?: StageOptions;
}

/** The session of the command that the model was told of last. */
export const sessionOf = (request: RecordedRequest): number => Number(/session ID (\d+)/.exec(request.rawBody)?.[1]);

export const commandWithInput: ItemScript = {
  script: () => [
    respond([
      call("1", "exec_command", { cmd: "echo ready; read line; echo got $line", yield_time_ms: 3000, tty: true }),
    ]),
    (request) =>
      respond([call("2", "write_stdin", { session_id: sessionOf(request), chars: "hello\n", yield_time_ms: 20_000 })]),
    last,
  ],
};

export const everyKindOfPatch = patch(
  "*** Add File: new.txt",
  "+fresh",
  "*** Update File: a.txt",
  "@@",
  "-one",
  "+two",
  "*** Delete File: d.txt",
  "*** Update File: m.txt",
  "*** Move to: moved/n.txt",
  "@@",
  "-x",
  "+y",
);
/** What {@link everyKindOfPatch} changes. */
export const patchedFiles: StageOptions = { files: { "a.txt": "one\n", "d.txt": "gone\n", "m.txt": "x\n" } };

export const patchThatDoesNotMatch: ItemScript = {
  script: () => [
    respond([
      customCall(
        "1",
        "apply_patch",
        patch("*** Add File: first.txt", "+x", "*** Update File: a.txt", "@@", "-nothing", "+two"),
      ),
    ]),
    last,
  ],
  stage: { files: { "a.txt": "one\n" } },
};

export const webSearches: ItemScript = {
  script: () => [
    {
      parts: [
        created(),
        added(webSearch("ws_1", { type: "search", query: "q" })),
        done(webSearch("ws_1", { type: "search", query: "q", queries: ["q", "r"] })),
        done(webSearch("ws_2", { type: "open_page", url: "http://x.invalid" })),
        done(webSearch("ws_3", { type: "find_in_page", url: "http://x.invalid", pattern: "p" })),
        done({ type: "web_search_call", id: "ws_4", status: "completed" }),
        ...itemParts(message("msg_1", "found")),
        completed(),
      ],
    },
  ],
};

export const imageForTheModel: ItemScript = {
  script: () => [respond([call("1", "view_image", { path: "dot.png" })]), last],
  stage: { files: { "dot.png": pixel } },
};
