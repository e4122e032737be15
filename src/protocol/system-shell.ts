/** A shell by its name, or where systems keep theirs: any other file of such a name may be anybody's program. */
export const systemShell =
  /^(?:\/(?:usr\/|usr\/local\/|opt\/homebrew\/|run\/current-system\/sw\/)?bin\/)?(?:ba|z|da|k)?sh$/;
