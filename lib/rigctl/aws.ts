// The AWS clients that rigctl uses, made once, and AWS's faults in the operator's words.
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { EC2Client } from '@aws-sdk/client-ec2';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';

import { EXIT, RigFault } from './exit.js';
import { RigError } from './run.js';

export interface Aws {
  readonly region: string;
  readonly ec2: EC2Client;
  readonly cloudFormation: CloudFormationClient;
  readonly scheduler: SchedulerClient;
  readonly quotas: ServiceQuotasClient;
  readonly ssm: SSMClient;
  readonly sts: STSClient;
}

/** Six attempts with the SDK's own backoff ride out a burst of throttling of about ten seconds. */
const MAX_ATTEMPTS = 6;

/**
 * Makes the clients. Credentials, region and endpoint come from where every AWS tool takes them.
 * @param region beats the environment and the profile when given.
 */
export async function connectAws(region: string | undefined): Promise<Aws> {
  const options = { maxAttempts: MAX_ATTEMPTS, ...(region === undefined ? {} : { region }) };
  const ec2 = new EC2Client(options);
  return {
    region: await ec2.config.region(),
    ec2,
    cloudFormation: new CloudFormationClient(options),
    scheduler: new SchedulerClient(options),
    quotas: new ServiceQuotasClient(options),
    ssm: new SSMClient(options),
    sts: new STSClient(options),
  };
}

const CREDENTIALS =
  /Expired|CredentialsProvider|InvalidClientTokenId|UnrecognizedClient|AuthFailure|SignatureDoesNotMatch|InvalidAccessKeyId|MissingAuthenticationToken/;
const DENIED = /AccessDenied|UnauthorizedOperation|NotAuthorized/;
const THROTTLED = /Throttl|RequestLimitExceeded|TooManyRequests|SlowDown|RequestThrottled/;
const NETWORK =
  /ECONN|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|EPIPE|TimeoutError|NetworkingError/;

/** Says whether AWS refused the call for want of a right: a check can then be left out, the rest goes on. */
export function isDenied(error: unknown): boolean {
  return DENIED.test(nameOf(error));
}

/** The fault behind an SDK's error; undefined for an error that is none of AWS's doing. */
export function explainAwsError(error: unknown): RigError | undefined {
  if (error instanceof RigError) return error;
  const name = nameOf(error);
  const said = error instanceof Error ? error.message : String(error);
  if (said.includes('Region is missing')) {
    return new RigFault('no AWS region is set', 'pass --region, or set AWS_REGION', EXIT.credentials);
  }
  if (said.startsWith('Region not accepted')) {
    return new RigFault(said, 'pass a region such as eu-west-1', EXIT.credentials);
  }
  if (CREDENTIALS.test(name)) {
    return new RigFault(
      `AWS does not accept the credentials: ${said} (${name})`,
      'log in again: aws sso login, or new keys',
      EXIT.credentials,
    );
  }
  if (DENIED.test(name)) {
    return new RigFault(
      `the credentials do not allow it: ${said}`,
      'use a role that may; docs/ci.md lists what rigctl calls',
      EXIT.credentials,
    );
  }
  if (THROTTLED.test(name)) {
    return new RigFault(
      `AWS throttles: ${said} (${name}, after ${MAX_ATTEMPTS} attempts)`,
      'wait a minute and run it again; nothing was lost',
      EXIT.unreachable,
    );
  }
  if (NETWORK.test(name)) {
    return new RigFault(
      `AWS cannot be reached: ${said || name}`,
      'check the network, the region and any AWS_ENDPOINT_URL',
      EXIT.unreachable,
    );
  }
  if (error instanceof Error && '$metadata' in error) {
    return new RigError(`AWS refused: ${said} (${name})`, 'see the message above');
  }
  return undefined;
}

/** The error's name and code in one text: the SDK puts what matters in either. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  return 'code' in error && typeof error.code === 'string' ? `${error.name} ${error.code}` : error.name;
}
