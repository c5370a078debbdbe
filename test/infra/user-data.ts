// The user data of a synthesized rig, as CloudFormation would put it together.
import type { Template } from 'aws-cdk-lib/assertions';

import { only } from './fixture.js';

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Region': 'ap-northeast-2',
  'AWS::AccountId': '123456789012',
  'AWS::Partition': 'aws',
};

/** About as long as a real one. */
function signalUrl(handle: string): string {
  const query = `X-Amz-Signature=${'0'.repeat(64)}&AWSAccessKeyId=AKIAEXAMPLE&Expires=1795500000&Padding=${'x'.repeat(250)}`;
  return `https://cloudformation-waitcondition-ap-northeast-2.s3.amazonaws.com/arn%3Aaws%3A${handle}?${query}`;
}

function ref(name: string): string {
  return PSEUDO[name] ?? signalUrl(name);
}

type Part =
  | string
  | { readonly Ref: string }
  | { readonly 'Fn::Sub': string }
  | { readonly 'Fn::GetAtt': readonly [id: string, attribute: string] };

function evaluate(part: Part): string {
  if (typeof part === 'string') return part;
  if ('Ref' in part) return ref(part.Ref);
  if ('Fn::GetAtt' in part) return part['Fn::GetAtt'].join('.');
  return part['Fn::Sub'].replace(/\$\{([^}]+)\}/g, (_, name: string) => ref(name));
}

/** @param prefix what the machine's logical id begins with, where the stack has several */
export function userDataOf(template: Template, prefix = ''): string {
  const { UserData } = only(template, 'AWS::EC2::Instance', prefix).Properties as {
    UserData: { 'Fn::Base64': { 'Fn::Join': [separator: string, parts: readonly Part[]] } };
  };
  const [separator, parts] = UserData['Fn::Base64']['Fn::Join'];
  return parts.map(evaluate).join(separator);
}
