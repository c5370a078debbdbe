// The rigs' network: one VPC in one availability zone, a management and a data subnet, and the two interfaces that
// each machine is launched with. No inbound rule on management: Session Manager is the way in.
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct, type IDependable } from 'constructs';

import { replaceWith } from './generation.js';

const VPC_CIDR = '10.0.0.0/16';
const SUBNET_PREFIX = 24;
const MANAGEMENT = 'Management';
const DATA = 'Data';
const ANYWHERE = ec2.Peer.anyIpv4();
/** Session Manager and assets by HTTPS, Ubuntu's mirrors by HTTP; name and time servers of a VPC need no rule. */
const EGRESS_PORTS = [443, 80];

/** What a machine connects to while it is provisioned. @param s3Endpoint where its assets are, if not in S3 */
export function egressPorts(s3Endpoint: string | undefined): readonly number[] {
  const custom = s3Endpoint === undefined ? 0 : Number(new URL(s3Endpoint).port);
  return custom === 0 ? EGRESS_PORTS : [...EGRESS_PORTS, custom];
}

export interface NetworkProps {
  readonly generation: string;
  /** @default - the first of the stack's region */
  readonly zone?: string;
  /** Sources beside a data interface's own group that reach it, and that it may send to. */
  readonly dataCidrs: readonly string[];
  /** TCP ports that the management interfaces may connect to. */
  readonly egressPorts: readonly number[];
  /** TCP ports of anybody that the data interfaces may connect to; any make them public. @default - none */
  readonly dataEgressPorts?: readonly number[];
}

/** What one machine is launched with. */
export interface Interfaces {
  readonly management: ec2.CfnNetworkInterface;
  readonly data: ec2.CfnNetworkInterface;
  /** What must exist before the machine boots, or its first packets go nowhere. */
  readonly internetAccess: readonly IDependable[];
}

export class Network extends Construct {
  private readonly vpc: ec2.Vpc;
  private readonly management: ec2.SecurityGroup;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: NetworkProps,
  ) {
    super(scope, id);
    this.vpc = this.addVpc(props.zone);
    this.management = this.managementGroup();
  }

  /** A group of data interfaces that see each other and, but for the configured networks, nobody else. */
  addDataGroup(prefix: string): ec2.SecurityGroup {
    const group = this.addGroup(`${prefix}${DATA}`, 'data: the rig itself and the configured networks');
    group.connections.allowInternally(ec2.Port.allTraffic(), 'the rig itself');
    for (const cidr of this.props.dataCidrs) {
      group.addIngressRule(ec2.Peer.ipv4(cidr), ec2.Port.allTraffic(), `from ${cidr}`);
      group.addEgressRule(ec2.Peer.ipv4(cidr), ec2.Port.allTraffic(), `to ${cidr}`);
    }
    for (const port of this.props.dataEgressPorts ?? []) {
      group.addEgressRule(ANYWHERE, ec2.Port.tcp(port), `out to TCP ${port}`);
    }
    return group;
  }

  addInterfaces(prefix: string, dataGroup: ec2.SecurityGroup): Interfaces {
    const management = this.addInterface(prefix, MANAGEMENT, this.management);
    const data = this.addInterface(prefix, DATA, dataGroup);
    const internetAccess = this.addAddress(prefix, management, MANAGEMENT);
    if (this.isDataPublic) internetAccess.push(...this.addAddress(`${prefix}${DATA}`, data, DATA));
    return { management, data, internetAccess };
  }

  private get isDataPublic(): boolean {
    return (this.props.dataEgressPorts ?? []).length > 0;
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
        this.isDataPublic
          ? {
              name: DATA,
              subnetType: ec2.SubnetType.PUBLIC,
              cidrMask: SUBNET_PREFIX,
              mapPublicIpOnLaunch: false,
            }
          : { name: DATA, subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: SUBNET_PREFIX },
      ],
    });
  }

  private subnet(name: string): ec2.ISubnet {
    const [subnet] = this.vpc.selectSubnets({ subnetGroupName: name }).subnets;
    if (!subnet) throw new Error(`the VPC has no subnet ${name}`);
    return subnet;
  }

  private managementGroup(): ec2.SecurityGroup {
    const group = this.addGroup(
      MANAGEMENT,
      'management: nothing in, Session Manager, packages and assets out',
    );
    for (const port of this.props.egressPorts) {
      group.addEgressRule(ANYWHERE, ec2.Port.tcp(port), `out to TCP ${port}`);
    }
    return group;
  }

  private addGroup(name: string, description: string): ec2.SecurityGroup {
    const vpc = this.vpc;
    return new ec2.SecurityGroup(this, `${name}Group`, { vpc, description, allowAllOutbound: false });
  }

  /** Source/destination check stays on, as is the default: the rig answers for its own address alone. */
  private addInterface(prefix: string, name: string, group: ec2.SecurityGroup): ec2.CfnNetworkInterface {
    const id = `${prefix}${name}Interface`;
    const networkInterface = new ec2.CfnNetworkInterface(this, id, {
      subnetId: this.subnet(name).subnetId,
      groupSet: [group.securityGroupId],
      description: `dpdk-rig ${name.toLowerCase()}`,
    });
    replaceWith(this.props.generation, id, networkInterface);
    return networkInterface;
  }

  /**
   * An interface's public address: a machine launched with two interfaces gets none by itself. The
   * address belongs to the generation too, since EC2 refuses to associate one that the old machine still has, and
   * a rollback then finds the old machine as it was.
   */
  private addAddress(
    prefix: string,
    networkInterface: ec2.CfnNetworkInterface,
    subnet: string,
  ): IDependable[] {
    const id = `${prefix}Address`;
    const defaultRoute = this.subnet(subnet).internetConnectivityEstablished;
    const address = new ec2.CfnEIP(this, id, { domain: 'vpc' });
    address.node.addDependency(defaultRoute);
    replaceWith(this.props.generation, id, address);
    const association = new ec2.CfnEIPAssociation(this, `${id}Association`, {
      allocationId: address.attrAllocationId,
      networkInterfaceId: networkInterface.attrId,
    });
    replaceWith(this.props.generation, `${id}Association`, association);
    return [defaultRoute, association];
  }
}
