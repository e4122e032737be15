import { expect, test } from "vitest";
import { parseListen } from "../../../../src/doors/app-server/transports/listen.ts";

test.each([
  ["stdio://", { type: "stdio" }],
  ["off", { type: "off" }],
  ["unix://", { type: "unix", path: null }],
  ["unix:///run/a.sock", { type: "unix", path: "/run/a.sock" }],
  ["unix://here.sock", { type: "unix", path: "here.sock" }],
  ["ws://127.0.0.1:0", { type: "ws", address: "127.0.0.1", port: 0 }],
  ["ws://[::1]:4500", { type: "ws", address: "::1", port: 4500 }],
])("%s is taken", (url, listen) => {
  expect(parseListen(url)).toEqual(listen);
});

test.each(["foo", "", "stdio", "STDIO://", "unix", "http://x", "wss://127.0.0.1:0"])(
  "%j is no way to listen",
  (url) => {
    expect(parseListen(url)).toBe(
      `unsupported --listen URL \`${url}\`; expected \`stdio://\`, \`unix://\`, \`unix://PATH\`, \`ws://IP:PORT\`, or \`off\``,
    );
  },
);

test.each([
  "ws://",
  "ws://localhost:0",
  "ws://127.0.0.1",
  "ws://127.0.0.1:99999",
  "ws://127.0.0.1:0/path",
  "ws://::1:5",
  "ws://[127.0.0.1]:5",
  "ws://127.0.0.1:-1",
])("%s is no address", (url) => {
  expect(parseListen(url)).toBe(`invalid websocket --listen URL \`${url}\`; expected \`ws://IP:PORT\``);
});
