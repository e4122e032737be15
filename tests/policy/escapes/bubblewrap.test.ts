import { holdsAgainstAttempts } from "./suite.ts";

holdsAgainstAttempts("bubblewrap");
