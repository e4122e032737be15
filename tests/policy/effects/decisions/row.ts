import type { Danger } from "../../../../src/policy/effects/assessment.ts";

/** Paths are relative to the workspace of `scene.ts`, or absolute; what is not given is not compared. */
export interface Touched {
  reads?: string[];
  writes?: string[];
  hosts?: string[];
  signals?: string[];
  programs?: string[];
}

/** A line of bash, what it is, and what it touches. */
export type Row = readonly [danger: Danger, line: string, touched?: Touched];
