/** The product's own version, as banners and `--version` show it. Held equal to package.json by a test. */
export const productVersion = "0.1.0";
