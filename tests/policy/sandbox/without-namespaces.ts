const refuse = 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"';

/** What a command is put after to run where no namespace can be made. */
export const withoutNamespaces = ["unshare", "--user", "--map-root-user", "/bin/sh", "-c", refuse, "sh"];
