// The same first boot with driver vfio-pci, on a machine that has an IOMMU.
import { checkReadyRig } from '../../harness/checks.js';
import type { Lab } from '../../harness/lab.js';

export const title = 'a new machine with driver vfio-pci comes up behind an IOMMU';
export const deployment = 'vfio-pci';

export async function run(lab: Lab): Promise<void> {
  const machine = await lab.newMachine();
  await checkReadyRig(lab, machine);
}
