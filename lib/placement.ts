// Where a pair's two machines stand to each other: as near as their type allows, and where it does not, surely apart.
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';

import type { InstanceType } from './instance-types.js';

export interface PlacementProps {
  readonly instanceType: InstanceType;
}

export class Placement extends Construct {
  readonly group: ec2.CfnPlacementGroup;

  constructor(scope: Construct, id: string, props: PlacementProps) {
    super(scope, id);
    this.group = new ec2.CfnPlacementGroup(this, 'Group', { strategy: props.instanceType.placement });
  }
}

/** What the strategy is and why, for the outputs. */
export function describePlacement({ name, placement }: InstanceType): string {
  return placement === 'cluster'
    ? 'cluster: both machines on neighbouring racks, so the latency is the least that this zone has'
    : `spread: ${name} may not be in a cluster group, so both machines are on racks of their own; the latency is ` +
        'that between any two machines of this zone';
}
