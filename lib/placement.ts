// Where a pair's two machines stand to each other: as near as their type allows, and where it does not, surely apart.
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';

import { replaceWith } from './generation.js';
import type { InstanceType } from './instance-types.js';

/** The group belongs to the generation: a cluster stays in the zone of the machines that it has, and the next may have another. */
export function addPlacementGroup(
  scope: Construct,
  id: string,
  generation: string,
  { placement }: InstanceType,
): ec2.CfnPlacementGroup {
  const group = new ec2.CfnPlacementGroup(scope, id, { strategy: placement });
  replaceWith(generation, id, group);
  return group;
}

/** What the strategy is and why, for the outputs. */
export function describePlacement({ name, placement }: InstanceType): string {
  return placement === 'cluster'
    ? 'cluster: both machines on neighbouring racks, so the latency is the least that this zone has'
    : `spread: ${name} may not be in a cluster group, so both machines are on racks of their own; the latency is ` +
        'that between any two machines of this zone';
}
