// Every finding of a checker that this design accepts, with its reason: cdk-nag's, the CDK's own and cfn-lint's.
import { Validations, type Stack } from 'aws-cdk-lib';

import type { Host } from './host.js';
import type { Network } from './network.js';

/**
 * The answers of wait conditions are taken apart with Split, as AWS's guide to them shows. The resource's schema
 * calls the attribute an object, but what Fn::GetAtt returns is its JSON as a string.
 */
const DATA_IS_A_STRING = 'Fn::GetAtt returns the Data of a wait condition as a string of JSON';

const NO_FLOW_LOGS =
  'flow logs would bill every test flow; the rig counts its own packets and has no inbound management rule';
const AGENT_POLICY =
  'the policy is what AWS keeps current for the Session Manager agent, the only way into the machine';

export interface AcknowledgedParts {
  readonly network: Network;
  readonly host: Host;
}

export function acknowledgeFindings(stack: Stack, { network, host }: AcknowledgedParts): void {
  // cfn-lint reads its own from the template: E6101 is its F6101, W3010 is the one below.
  stack.templateOptions.metadata = { 'cfn-lint': { config: { ignore_checks: ['E6101', 'W3010'] } } };
  Validations.of(stack).acknowledge({ id: 'CloudFormation-Validate::F6101', reason: DATA_IS_A_STRING });

  Validations.of(network).acknowledge(
    {
      id: 'AwsSolutions::AwsSolutions-VPC7',
      reason: NO_FLOW_LOGS,
    },
    {
      id: 'CloudFormation-Validate::W3010',
      reason: 'a zone is named only when the user asks for it, as not every zone has every instance type',
    },
  );

  Validations.of(host).acknowledge(
    {
      id: 'AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonSSMManagedInstanceCore]',
      reason: AGENT_POLICY,
    },
    {
      id: 'AwsSolutions::AwsSolutions-EC28',
      reason: 'the status line and the counters say more, every few seconds and for no charge',
    },
    {
      id: 'AwsSolutions::AwsSolutions-EC29',
      reason: 'a rig is made to be taken down with one command, and keeps nothing that is worth protecting',
    },
    {
      id: 'CloudFormation-Validate::W9010',
      reason: 'a pinned image is the point: another one is another machine, so it is part of the generation',
    },
  );
}

const MANAGED = 'AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/';

export function acknowledgeImageFindings(stack: Stack): void {
  Validations.of(stack).acknowledge(
    { id: 'AwsSolutions::AwsSolutions-VPC7', reason: NO_FLOW_LOGS },
    { id: `${MANAGED}AmazonSSMManagedInstanceCore]`, reason: AGENT_POLICY },
    {
      id: `${MANAGED}service-role/EC2ImageBuilderLifecycleExecutionPolicy]`,
      reason:
        'it reaches only what Image Builder has made, and AWS keeps it current with what a deletion needs',
    },
    {
      id: 'AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::ec2imagebuilder*]',
      reason:
        'the names of the buckets that Image Builder brings its agent from differ by region and are AWS’s own',
    },
  );
}
