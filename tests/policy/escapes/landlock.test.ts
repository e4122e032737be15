import { holdsAgainstAttempts } from "./suite.ts";

holdsAgainstAttempts("landlock");
