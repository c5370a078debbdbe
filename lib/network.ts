// The rig's network: one VPC in one availability zone, a management and a data subnet, and the two interfaces that
// the machine is launched with. No inbound rule on management: Session Manager is the way in.
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct, type IDependable } from 'constructs';

import { replaceWith } from './generation.js';

const VPC_CIDR = '10.0.0.0/16';
const SUBNET_PREFIX = 24;
const MANAGEMENT = 'Management';
const DATA = 'Data';
const ANYWHERE = ec2.Peer.anyIpv4();

export interface NetworkProps {
  readonly generation: string;
  /** @default - the first of the stack's region */
  readonly zone?: string;
  /** Sources beside the rig's own group that reach the data interface, and that it may send to. */
  readonly dataCidrs: readonly string[];
  /** TCP ports that the management interface may connect to. */
  readonly egressPorts: readonly number[];
}

export class Network extends Construct {
  /** The interfaces in the order of their device numbers. */
  readonly interfaceIds: readonly [management: string, data: string];
  /** What must exist before the machine boots, or its first packets go nowhere. */
  readonly internetAccess: readonly IDependable[];

  private readonly vpc: ec2.Vpc;

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    this.vpc = this.addVpc(props.zone);
    const management = this.addInterface(MANAGEMENT, this.managementGroup(props), props.generation);
    const data = this.addInterface(DATA, this.dataGroup(props), props.generation);
    this.interfaceIds = [management.attrId, data.attrId];

    const defaultRoute = this.subnet(MANAGEMENT).internetConnectivityEstablished;
    const association = this.addAddress(management, defaultRoute, props.generation);
    this.internetAccess = [defaultRoute, association];
  }

  /** Another zone is another VPC: a subnet cannot move, and its successor cannot have the same addresses beside it. */
  private addVpc(zone = ''): ec2.Vpc {
    return new ec2.Vpc(this, `Vpc${zone}`, {
      ipAddresses: ec2.IpAddresses.cidr(VPC_CIDR),
      maxAzs: 1,
      natGateways: 0,
      // Emptying the default group takes a Lambda; nothing here is in that group.
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [
        {
          name: MANAGEMENT,
          subnetType: ec2.SubnetType.PUBLIC,
          cidrMask: SUBNET_PREFIX,
          mapPublicIpOnLaunch: false,
        },
        { name: DATA, subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: SUBNET_PREFIX },
      ],
    });
  }

  private subnet(name: string): ec2.ISubnet {
    const [subnet] = this.vpc.selectSubnets({ subnetGroupName: name }).subnets;
    if (!subnet) throw new Error(`the VPC has no subnet ${name}`);
    return subnet;
  }

  private managementGroup(props: NetworkProps): ec2.SecurityGroup {
    const group = this.addGroup(
      MANAGEMENT,
      'management: nothing in, Session Manager, packages and assets out',
    );
    for (const port of props.egressPorts) {
      group.addEgressRule(ANYWHERE, ec2.Port.tcp(port), `out to TCP ${port}`);
    }
    return group;
  }

  private dataGroup(props: NetworkProps): ec2.SecurityGroup {
    const group = this.addGroup(DATA, 'data: the rig itself and the configured networks');
    group.connections.allowInternally(ec2.Port.allTraffic(), 'the rig itself');
    for (const cidr of props.dataCidrs) {
      group.addIngressRule(ec2.Peer.ipv4(cidr), ec2.Port.allTraffic(), `from ${cidr}`);
      group.addEgressRule(ec2.Peer.ipv4(cidr), ec2.Port.allTraffic(), `to ${cidr}`);
    }
    return group;
  }

  private addGroup(name: string, description: string): ec2.SecurityGroup {
    const vpc = this.vpc;
    return new ec2.SecurityGroup(this, `${name}Group`, { vpc, description, allowAllOutbound: false });
  }

  /** Source/destination check stays on, as is the default: the rig answers for its own address alone. */
  private addInterface(name: string, group: ec2.SecurityGroup, generation: string): ec2.CfnNetworkInterface {
    const networkInterface = new ec2.CfnNetworkInterface(this, `${name}Interface`, {
      subnetId: this.subnet(name).subnetId,
      groupSet: [group.securityGroupId],
      description: `dpdk-rig ${name.toLowerCase()}`,
    });
    replaceWith(generation, `${name}Interface`, networkInterface);
    return networkInterface;
  }

  /**
   * The management interface's public address: a machine launched with two interfaces gets none by itself. The
   * address belongs to the generation too, since EC2 refuses to associate one that the old machine still has, and
   * a rollback then finds the old machine as it was.
   */
  private addAddress(
    networkInterface: ec2.CfnNetworkInterface,
    defaultRoute: IDependable,
    generation: string,
  ): ec2.CfnEIPAssociation {
    const address = new ec2.CfnEIP(this, 'Address', { domain: 'vpc' });
    address.node.addDependency(defaultRoute);
    replaceWith(generation, 'Address', address);
    const association = new ec2.CfnEIPAssociation(this, 'AddressAssociation', {
      allocationId: address.attrAllocationId,
      networkInterfaceId: networkInterface.attrId,
    });
    replaceWith(generation, 'AddressAssociation', association);
    return association;
  }
}
