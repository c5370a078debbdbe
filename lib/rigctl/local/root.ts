// Network namespaces and hugepages are root's alone.
import { RigError } from '../run.js';

export function requireRoot(): void {
  if (process.geteuid?.() === 0) return;
  throw new RigError('a network namespace and hugepages need root', 'sudo npm start');
}
