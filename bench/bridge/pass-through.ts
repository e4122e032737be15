/** What anybody writes who wants to stand between a client and a server: Node's own http on both sides. Tells its parent its port. */
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

const target = Number(process.argv[2]);
const agent = new Agent({ keepAlive: true });

const server = createServer((incoming, outgoing) => {
  const { method, url, headers } = incoming;
  const onward = request({ host: "127.0.0.1", port: target, method, path: url, headers, agent }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  incoming.pipe(onward);
});
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on("disconnect", () => process.exit(0));
