// Who may do what while an image is baked, and when it goes: the machine that builds, and Image Builder that deletes.
import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

export interface BakeRolesProps {
  /** The only objects of this account that the machine may read. */
  readonly objectArns: readonly string[];
  readonly componentArn: string;
  readonly logGroupArn: string;
}

export class BakeRoles extends Construct {
  readonly buildProfile: iam.InstanceProfile;
  /** Deregisters the image and deletes its snapshot when the stack lets go of it. */
  readonly deletion: iam.Role;

  constructor(scope: Construct, id: string, props: BakeRolesProps) {
    super(scope, id);
    this.buildProfile = new iam.InstanceProfile(this, 'BuildProfile', { role: this.addBuildRole(props) });
    this.deletion = new iam.Role(this, 'Deletion', {
      description: 'Lets Image Builder delete the image and its snapshot with the stack',
      // As Image Builder's guide has it for a role of the same account: it promises a source account only across accounts,
      // and nobody can pass a role of another account, so a condition could do nothing but leave the image behind.
      assumedBy: new iam.ServicePrincipal('imagebuilder.amazonaws.com'),
      managedPolicies: [
        iam.ManagedPolicy.fromAwsManagedPolicyName('service-role/EC2ImageBuilderLifecycleExecutionPolicy'),
      ],
    });
  }

  private addBuildRole({ objectArns, componentArn, logGroupArn }: BakeRolesProps): iam.Role {
    const allow = (action: string | string[], ...resources: string[]): iam.PolicyStatement =>
      new iam.PolicyStatement({ actions: [action].flat(), resources });
    const partition = Stack.of(this).partition;
    return new iam.Role(this, 'Build', {
      description: 'The machine that becomes an image: Systems Manager, two assets, one component, one log',
      assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
      managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedInstanceCore')],
      inlinePolicies: {
        Bake: new iam.PolicyDocument({
          statements: [
            allow('s3:GetObject', ...objectArns),
            // Image Builder's own agent comes from a bucket of its own in each region.
            allow('s3:GetObject', `arn:${partition}:s3:::ec2imagebuilder*`),
            allow('imagebuilder:GetComponent', componentArn),
            allow(['logs:CreateLogStream', 'logs:PutLogEvents'], logGroupArn),
          ],
        }),
      },
    });
  }
}
