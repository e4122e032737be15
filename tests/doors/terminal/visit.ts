import { afterEach } from "vitest";
import type { Script } from "../../support/fake-model.ts";
import { startPerson, type Person, type PersonOptions } from "./person.ts";

/** For a file of tests, each with one person: how that person comes before the prompt. Afterwards they leave. */
export function visits(): (script: Script, options?: PersonOptions) => Promise<Person> {
  let person: Person | null = null;
  afterEach(async () => {
    await person?.close();
    person = null;
  });
  return async (script, options = {}) => {
    person = await startPerson(script, options);
    await person.prompt("codex-agent>");
    return person;
  };
}
