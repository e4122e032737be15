/** What the model of a thread is told of a review that its user had made. */
export const foundMessage = (text: string): string =>
  [
    "<user_action>",
    "  <context>The user had changes reviewed by another agent. What follows is its report; the user may ask you to act on it.</context>",
    "  <action>review</action>",
    "  <results>",
    text,
    "  </results>",
    "</user_action>",
  ].join("\n");
