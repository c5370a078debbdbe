// A rig's end: a one-time schedule that deletes the rig's own stack, so that a forgotten rig costs hours, not weeks.
// The schedule, its role and all else go with the stack. rigctl extend moves the schedule's time.
import { DefaultStackSynthesizer, Fn, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';

import { scheduleTime } from './expiry-time.js';

/** Scheduler repeats a call that fails; after two hours somebody should look. */
const RETRY_SECONDS = 7200;

export interface ExpiryProps {
  /** When the stack is deleted. */
  readonly at: Date;
}

export class Expiry extends Construct {
  readonly scheduleName: string;

  constructor(scope: Construct, id: string, props: ExpiryProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const executionRoleArn = this.executionRoleArn(stack);
    const role = this.addRole(stack, executionRoleArn);
    const schedule = new CfnSchedule(this, 'Schedule', {
      description: `deletes the rig ${stack.stackName}`,
      scheduleExpression: scheduleTime(props.at),
      scheduleExpressionTimezone: 'UTC',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: `arn:${stack.partition}:scheduler:::aws-sdk:cloudformation:deleteStack`,
        roleArn: role.roleArn,
        // By id: a later stack of the same name is not meant.
        input: stack.toJsonString({ StackName: stack.stackId, RoleARN: executionRoleArn }),
        retryPolicy: { maximumEventAgeInSeconds: RETRY_SECONDS, maximumRetryAttempts: 20 },
      },
    });
    this.scheduleName = schedule.ref;
  }

  /**
   * CloudFormation deletes the stack with the bootstrap's role, not with the schedule's: that one may start the deletion
   * and nothing more, and can itself be deleted half-way through.
   */
  private executionRoleArn(stack: Stack): string {
    const { synthesizer } = stack;
    if (synthesizer instanceof DefaultStackSynthesizer)
      return Fn.sub(synthesizer.cloudFormationExecutionRoleArn);
    throw new Error(
      `ttlHours needs the role that CloudFormation deletes the stack with; ${synthesizer.constructor.name} has none: ` +
        'use DefaultStackSynthesizer, or leave ttlHours out',
    );
  }

  private addRole(stack: Stack, executionRoleArn: string): iam.Role {
    return new iam.Role(this, 'Role', {
      description: `Lets Scheduler delete the rig ${stack.stackName} when it expires`,
      // Scheduler's guide: the condition names the schedule's group; one that names a schedule is refused.
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': stack.account },
          ArnEquals: {
            'aws:SourceArn': stack.formatArn({
              service: 'scheduler',
              resource: 'schedule-group',
              resourceName: 'default',
            }),
          },
        },
      }),
      inlinePolicies: {
        DeleteStack: new iam.PolicyDocument({
          statements: [
            new iam.PolicyStatement({ actions: ['cloudformation:DeleteStack'], resources: [stack.stackId] }),
            new iam.PolicyStatement({
              actions: ['iam:PassRole'],
              resources: [executionRoleArn],
              conditions: { StringEquals: { 'iam:PassedToService': 'cloudformation.amazonaws.com' } },
            }),
          ],
        }),
      },
    });
  }
}
