import type { Table } from "../program.ts";

/** Programs that reach other hosts. */
export const network: Table = {
  curl: {
    options:
      "-#046aBfgGiIjklLNOqRsSvZ -A=t -b=k -c=w -C=t -d=@ -D=w -e=t -E=r -F=f -H=@ -m=t -o=o -P=t -Q=t -r=t -t=t -T=U -u=t -U=t -w=% -x=h -X=t -y=t -Y=t -z=t --append --cacert=r --cert=r --compressed --connect-timeout=t --cookie=k --cookie-jar=w --create-dirs --data=@ --data-ascii=@ --data-binary=@ --data-raw=t --data-urlencode=f --digest --dump-header=w --fail --fail-with-body --fail-early --form=f --form-string=t --get --globoff --head --header=@ --http1.1 --http2 --http3 --include --insecure --interface=t --ipv4 --ipv6 --json=@ --key=r --limit-rate=t --location --location-trusted --max-filesize=t --max-redirs=t --max-time=t --no-buffer --no-progress-meter --oauth2-bearer=t --output=o --parallel --post301 --post302 --progress-bar --proto=t --proxy=h --range=t --referer=t --remote-header-name? --remote-name~ --request=t --retry=t --retry-delay=t --retry-max-time=t --retry-connrefused --retry-all-errors --show-error --silent --ssl-reqd --tlsv1.2 --tlsv1.3 --upload-file=U --url=u --user=t --user-agent=t --verbose --write-out=%",
    operands: "u*",
    also: [{ when: "-O --remote-name --remote-name-all", path: "." }],
  },
  wget: {
    options:
      "-bcdFhkKLmnNpqrSvVxE46 -O=w -o=w -a=w -P=w -i=? -t=t -T=t -w=t -l=t -U=t -A=t -R=t -D=t -B=t -Q=t -I=t -X=t -nc -nd -nv -nH -H? --output-document=w --output-file=w --directory-prefix=w --quiet --no-verbose --continue --timestamping --recursive --level=t --no-parent --page-requisites --convert-links --mirror --tries=t --timeout=t --wait=t --user-agent=t --header=t --no-check-certificate --show-progress --spider --server-response --accept=t --reject=t --no-clobber --method=t --body-data=t --post-data=t --max-redirect=t --content-disposition?",
    operands: "u*",
    also: [{ unless: "-O --output-document --spider --version", path: "." }],
    danger: "changes",
    why: "writes what it gets into files",
  },
  "ping ping6 traceroute tracepath mtr": {
    options: "-46nqvRadDfLAO -c=t -i=t -w=t -W=t -s=t -t=t -m=t -I=t",
    operands: "h",
  },
  "dig host nslookup drill": { looks: true, options: "-f=? -k=?", operands: "h*" },
  whois: { options: "-H -h=h", operands: "h" },
  "nc ncat netcat telnet": {
    options: "-46nuvzlkNUd -w=t -p=t -q=t -s=t -x=h -X=t -i=t -O=t -e=? -c=?",
    operands: "h t*",
    danger: "unknown",
    why: "talks to another host in a way that its text does not show",
  },
  "ftp sftp lftp socat nmap masscan tcpdump tshark wireshark ngrok cloudflared": {
    looks: true,
    operands: "t*",
    host: "*",
    danger: "unknown",
    why: "talks to other hosts in a way that its text does not show",
  },
  "xh http https httpie aria2c": {
    looks: true,
    operands: "t*",
    host: "*",
    danger: "unknown",
    why: "may write files that its text does not name",
  },
  "ssh-keyscan": { options: "-46cDHqv -p=t -t=t -T=t", operands: "h*" },
};
