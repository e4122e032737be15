import type { ServerResponse } from "node:http";
import { errorBody, type Refusal } from "./refusal.ts";

export function sendJson(
  response: ServerResponse,
  status: number,
  json: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  send(response, status, "application/json", json, headers);
}

export function send(
  response: ServerResponse,
  status: number,
  type: string,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  const length = String(Buffer.byteLength(text));
  response.writeHead(status, { "content-type": type, "content-length": length, ...headers });
  response.end(text);
}

export const sendRefusal = (response: ServerResponse, refusal: Refusal): void =>
  sendJson(response, refusal.status, errorBody(refusal), refusal.headers);
