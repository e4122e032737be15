import { joinTables } from "../program.ts";
import { changing } from "./changing.ts";
import { developing } from "./developing.ts";
import { looking } from "./looking.ts";
import { network } from "./network.ts";

/** What is known of programs, by their names. */
export const knownPrograms = joinTables(developing, network, changing, looking);
