import { BlockList, isIP } from "node:net";
import { networkInterfaces } from "node:os";

/** Blocks that are not of the public network, or lead back into one that is not (IANA's registries of special addresses). */
const special = {
  ipv4: "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4",
  // Public ones are all in 2000::/3; of those some wrap an IPv4 address, or are for examples.
  ipv6: "::/3 4000::/2 8000::/1 2001::/23 2001:db8::/32 2002::/16 3fff::/20",
} as const;

/** One for each family: Node would find an IPv4 address in blocks of IPv6, too. */
function blocks(family: keyof typeof special): BlockList {
  const list = new BlockList();
  for (const block of special[family].split(" ")) {
    const [address = "", bits] = block.split("/");
    list.addSubnet(address, Number(bits), family);
  }
  return list;
}

const known = { ipv4: blocks("ipv4"), ipv6: blocks("ipv6") };

/** Whether an address is somebody else's in the public network: neither special nor one of this machine. */
export function isPublic(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  const name = family === 4 ? "ipv4" : "ipv6";
  if (known[name].check(address, name)) return false;
  // Looked at anew: they come and go with the network.
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return !own.some((each) => each.address === address);
}
