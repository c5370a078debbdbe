// The image that a rig is made of where no other is named: what the stack looks up, and what rigctl checks before it.
import type { Architecture } from './ena-generations.js';

/** Canonical's public parameter for the newest Ubuntu 22.04 image; Debian's word for x86_64 is amd64. */
export function ubuntuParameter(architecture: Architecture): string {
  const name = architecture === 'x86_64' ? 'amd64' : architecture;
  return `/aws/service/canonical/ubuntu/server/22.04/stable/current/${name}/hvm/ebs-gp2/ami-id`;
}
