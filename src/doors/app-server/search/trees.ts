import type { AppServer } from "../app-server.ts";
import { Tree } from "./tree.ts";

const mostTrees = 16;
const ofServer = new WeakMap<AppServer, Map<string, Tree>>();

/** The tree of a root: what was read of it once is kept for the next search. */
export function treeOf(server: AppServer, root: string): Tree {
  const trees = ofServer.get(server) ?? new Map<string, Tree>();
  ofServer.set(server, trees);
  const tree = trees.get(root) ?? new Tree(root, server.surroundings.variables);
  // The one that was asked for last goes last.
  trees.delete(root);
  trees.set(root, tree);
  const [oldest] = trees.keys();
  if (trees.size > mostTrees && oldest !== undefined) trees.delete(oldest);
  return tree;
}
