/** Whether only this machine can reach what listens there: `localhost`, or an address of 127.0.0.0/8, or `::1`. */
export function isLoopback(host: string | undefined): boolean {
  if (host === undefined) return false;
  return /^(localhost|127(\.\d{1,3}){3}|::1|(0{1,4}:){7}0{0,3}1|::ffff:127(\.\d{1,3}){3})$/i.test(host);
}
