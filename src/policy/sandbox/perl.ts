/** How one of our scripts is run. */
export interface Perl {
  readonly program: string;
  readonly script: string;
}

/**
 * Starts a script so that nothing but itself decides what runs: no options, modules or encodings from the environment. Perl
 * complains of locales that are not installed on the standard error of every command, unless told not to.
 */
export const perlArguments = ({ program, script }: Perl): readonly string[] => [
  "/usr/bin/env",
  "PERL_BADLANG=0",
  program,
  "-C0",
  "-T",
  script,
];
