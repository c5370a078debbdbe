// Where a pair's two machines stand to each other: as near as their type allows, and where it does not, surely apart.
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';

import type { InstanceType } from './instance-types.js';

export function addPlacementGroup(
  scope: Construct,
  id: string,
  { placement }: InstanceType,
): ec2.CfnPlacementGroup {
  return new ec2.CfnPlacementGroup(scope, id, { strategy: placement });
}

/** What the strategy is and why, for the outputs. */
export function describePlacement({ name, placement }: InstanceType): string {
  return placement === 'cluster'
    ? 'cluster: both machines on neighbouring racks, so the latency is the least that this zone has'
    : `spread: ${name} may not be in a cluster group, so both machines are on racks of their own; the latency is ` +
        'that between any two machines of this zone';
}
