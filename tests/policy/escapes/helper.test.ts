import { holdsAgainstAttempts } from "./suite.ts";

holdsAgainstAttempts("helper");
