// The image that a rig is made of where no other is named: what the stack looks up, and what rigctl checks before it.
import type { Architecture } from './ena-generations.js';

/** Debian's word for an architecture, which Canonical's names have. */
export function debianName(architecture: Architecture): string {
  return architecture === 'x86_64' ? 'amd64' : architecture;
}

/** Canonical's public parameter for the newest Ubuntu 22.04 image. */
export function ubuntuParameter(architecture: Architecture): string {
  return `/aws/service/canonical/ubuntu/server/22.04/stable/current/${debianName(architecture)}/hvm/ebs-gp2/ami-id`;
}
