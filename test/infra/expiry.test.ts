// A rig's end: a schedule that may delete its own stack and nothing else, only when a time was asked for.
import { App, LegacyStackSynthesizer, Stack, Validations } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';

import { parseConfig } from '../../lib/config.js';
import { parseScheduleTime, scheduleTime } from '../../lib/expiry-time.js';
import { Expiry } from '../../lib/expiry.js';
import { makeRig } from './fixture.js';

const AT = new Date('2026-11-24T14:00:00.123Z');

function expiring(): { readonly app: App; readonly template: Template } {
  const app = new App();
  const stack = new Stack(app, 'DpdkRig');
  new Expiry(stack, 'Expiry', { at: AT });
  return { app, template: Template.fromStack(stack) };
}

test('a time is written as Scheduler takes it, and read back', () => {
  expect(scheduleTime(AT)).toBe('at(2026-11-24T14:00:00)');
  expect(parseScheduleTime('at(2026-11-24T14:00:00)')).toEqual(new Date('2026-11-24T14:00:00Z'));
  expect(parseScheduleTime('rate(1 hour)')).toBeUndefined();
});

test('the schedule deletes its own stack, by id, with the role of the bootstrap', () => {
  const { template } = expiring();
  template.hasResourceProperties('AWS::Scheduler::Schedule', {
    ScheduleExpression: 'at(2026-11-24T14:00:00)',
    ScheduleExpressionTimezone: 'UTC',
    FlexibleTimeWindow: { Mode: 'OFF' },
  });
  const target = JSON.stringify(template.findResources('AWS::Scheduler::Schedule'));
  expect(target).toContain(':scheduler:::aws-sdk:cloudformation:deleteStack');
  expect(target).toContain('{"Ref":"AWS::StackId"}');
  expect(target).toContain('-cfn-exec-role-');
});

test('its role may start that deletion and nothing else', () => {
  expiring().template.hasResourceProperties('AWS::IAM::Role', {
    AssumeRolePolicyDocument: {
      Statement: [
        Match.objectLike({
          Principal: { Service: 'scheduler.amazonaws.com' },
          Condition: {
            StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
            ArnEquals: { 'aws:SourceArn': Match.anyValue() },
          },
        }),
      ],
    },
    ManagedPolicyArns: Match.absent(),
    Policies: [
      {
        PolicyDocument: {
          Statement: [
            Match.objectLike({ Action: 'cloudformation:DeleteStack', Resource: { Ref: 'AWS::StackId' } }),
            Match.objectLike({
              Action: 'iam:PassRole',
              Condition: { StringEquals: { 'iam:PassedToService': 'cloudformation.amazonaws.com' } },
            }),
          ],
        },
      },
    ],
  });
});

test('nothing that AwsSolutions finds', () => {
  const { app } = expiring();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  expect(() => app.synth()).not.toThrow();
});

test('a stack without the role of a bootstrap is refused, with what to do', () => {
  const stack = new Stack(new App(), 'DpdkRig', { synthesizer: new LegacyStackSynthesizer() });
  expect(() => new Expiry(stack, 'Expiry', { at: AT })).toThrow(
    /LegacyStackSynthesizer has none.*leave ttlHours out/s,
  );
});

test('a rig has no schedule unless one is asked for', () => {
  makeRig().template.resourceCountIs('AWS::Scheduler::Schedule', 0);
});

test.each([0, 721, 1.5, 'eight'])('ttlHours = %p is refused', (ttlHours) => {
  expect(() => parseConfig({ ttlHours })).toThrow(/ttlHours = .*; allowed: whole hours .* 1 to 720/);
});

test('ttlHours may come from the command line', () => {
  expect(parseConfig({ ttlHours: '8' }).ttlHours).toBe(8);
});
