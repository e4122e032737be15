import { expect, test } from "vitest";
import { isLoopbackAddress, isLoopbackName, isLoopbackUrl } from "../../src/system/loopback.ts";

test.each([
  ["127.0.0.1", true],
  ["127.255.0.9", true],
  ["::1", true],
  ["[::1]", true],
  ["0:0:0:0:0:0:0:1", true],
  ["0.0.0.0", false],
  ["::", false],
  ["::2", false],
  ["::ffff:127.0.0.1", false],
  ["10.0.0.1", false],
  ["localhost", false],
  ["127.evil.example", false],
  ["", false],
])("%j is a loopback address: %s", (address, expected) => expect(isLoopbackAddress(address)).toBe(expected));

test.each([
  ["localhost", true],
  ["LocalHost", true],
  ["app.localhost", true],
  ["[::1]", true],
  ["localhost.evil.example", false],
  ["xlocalhost", false],
  ["127.0.0.1.evil.example", false],
  ["", false],
])("%j is a name of this machine: %s", (name, expected) => expect(isLoopbackName(name)).toBe(expected));

test.each([
  ["http://localhost:8000/v1", true],
  ["http://127.1:80", true],
  ["http://[::1]/", true],
  ["http://0x7f.1/", true],
  ["http://app.localhost/", false],
  ["http://user@example.com/", false],
  ["http://localhost@evil.example/", false],
])("what is sent to %s stays on this machine: %s", (url, expected) => expect(isLoopbackUrl(url)).toBe(expected));
