/** Resolves when the condition holds; the test's own limit ends the wait. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

const refuse = 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"';

/** What a command is put after to run where no namespace can be made. */
export const withoutNamespaces = ["unshare", "--user", "--map-root-user", "/bin/sh", "-c", refuse, "sh"];
