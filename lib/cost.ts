// The words about cost in a rig's outputs. Prices differ by region and change, so none is named.
import type { RigConfig } from './config.js';
import { ROOT_VOLUME } from './host.js';
import { planUnits } from './topology.js';

/** One vCPU that never idles spends one credit a minute. */
const POLLING_CREDITS_PER_HOUR = 60;

export function describeCost(config: RigConfig): string {
  const { name } = config.instanceType;
  const machines = planUnits(config).flatMap((unit) => unit.machines).length;
  const which = machines === 1 ? `one ${name},` : `${machines} x ${name}, each with`;
  const billed =
    `Billed until the stack is destroyed: ${which} ${ROOT_VOLUME.sizeGib} GiB of gp3, ` +
    `${config.feed ? 'two public IPv4 addresses' : 'one public IPv4 address'}, and traffic.`;
  return [billed, describeCredits(config)].filter((part) => part !== '').join(' ');
}

function describeCredits({ instanceType, cpuCredits }: RigConfig): string {
  const earned = instanceType.creditsPerHour;
  if (earned === undefined) return '';
  const balance = `CPU credits: the polling core spends ${POLLING_CREDITS_PER_HOUR} an hour, the type earns ${earned}`;
  const over = POLLING_CREDITS_PER_HOUR - earned;
  if (over <= 0) return `${balance}, which covers it.`;
  return cpuCredits === 'standard'
    ? `${balance}; mode standard: once the credits are spent the core is throttled and measures nothing.`
    : `${balance}; mode unlimited: the ${over} over are billed as vCPU time (60 credits are one vCPU-hour).`;
}
