// What is wrong with a configuration whose keys are each allowed: faults that show only when they are seen together, and
// the defaults that depend on other keys. Pure; called by config.ts.
import { schema, type Input, type Key, type Parsed } from './config-schema.js';
import { explainUnknownType, findInstanceType } from './instance-types.js';

const MIN_MEMORY_MIB = 4096;
const MIN_INTERFACES = 2;
/** What stays for Ubuntu, the agent and the build beside the hugepages. */
const KEPT_MEMORY_MIB = 1024;
const HUGEPAGE_MIB = 2;

/** The defaults that depend on the topology. */
export function fillTopology(
  parsed: Pick<Parsed, 'topology' | 'pairPeer' | 'rigs' | 'fleetOf'>,
): Pick<Parsed, 'rigs' | 'fleetOf' | 'pairPeer'> {
  const fleet = parsed.topology === 'fleet';
  const fleetOf = fleet ? (parsed.fleetOf ?? 'rig') : undefined;
  const pairs = parsed.topology === 'pair' || fleetOf === 'pair';
  return {
    rigs: fleet ? (parsed.rigs ?? 2) : undefined,
    fleetOf,
    pairPeer: pairs ? (parsed.pairPeer ?? 'reflect') : undefined,
  };
}

/** Keys that mean nothing, or something else, with the topology that is asked for. */
export function topologyFaults(parsed: Parsed, input: Input): string[] {
  const filled = fillTopology(parsed);
  const given = (key: Key): boolean => input[key] !== undefined;
  const fault = (key: Key, why: string): string => `${key} = ${JSON.stringify(input[key])}; ${why}`;
  const pairs = filled.pairPeer !== undefined;
  return [
    ...(['rigs', 'fleetOf'] as const)
      .filter((key) => given(key) && filled.fleetOf === undefined)
      .map((key) => fault(key, 'it belongs to a fleet: add topology=fleet, or leave the key out')),
    ...(given('pairPeer') && !pairs
      ? [fault('pairPeer', 'it belongs to pairs: add topology=pair or fleetOf=pair, or leave the key out')]
      : []),
    ...(given('pollcoreMode') && pairs
      ? [fault('pollcoreMode', 'in a pair one machine generates, and pairPeer says what the other does')]
      : []),
    ...(given('amiId') && given('amiParameter')
      ? [fault('amiParameter', 'amiId names an image already: leave one of them out')]
      : []),
    ...(parsed.image && given('ttlHours')
      ? [fault('ttlHours', 'an image stays until its stack is destroyed: leave the key out')]
      : []),
    ...(parsed.image && parsed.topology !== 'single'
      ? [
          fault(
            'image',
            'an image is baked by itself: leave topology out, and add it for the rigs of that image',
          ),
        ]
      : []),
  ];
}

/** A feed belongs to the workload bookfeed, which cannot do without. */
export function feedFaults(parsed: Parsed, input: Input): string[] {
  const keys = ['feed.venue', 'feed.symbols'] as const;
  const given = (key: Key): string => `${key} = ${JSON.stringify(input[key])}`;
  if (parsed.workload !== 'bookfeed') {
    return keys
      .filter((key) => input[key] !== undefined)
      .map((key) => `${given(key)}; it belongs to workload=bookfeed: add that, or leave the key out`);
  }
  const pairs = fillTopology(parsed).pairPeer !== undefined;
  return [
    ...keys
      .filter((key) => input[key] === undefined)
      .map((key) => `${key} is not given; workload=bookfeed needs ${schema.shape[key].description ?? ''}`),
    ...(input['pollcoreMode'] === undefined
      ? []
      : [`${given('pollcoreMode')}; it belongs to workload=pollcore: leave the key out`]),
    ...(pairs ? [`${given('workload')}; in a pair both machines run pollcore`] : []),
  ];
}

/** What only shows when the keys are seen together with the type's own limits. */
export function machineFaults(input: Input): string[] {
  const named = schema.shape.instanceType.safeParse(input['instanceType']);
  if (!named.success) return [];
  const type = findInstanceType(named.data);
  if (!type) return [`instanceType = "${named.data}"; ${explainUnknownType(named.data)}`];
  if (type.memoryMib < MIN_MEMORY_MIB || type.interfaces < MIN_INTERFACES) {
    const has = `${type.memoryMib} MiB and ${type.interfaces} interfaces`;
    return [
      `instanceType = "${type.name}"; it has ${has}, a rig needs ${MIN_MEMORY_MIB} and ${MIN_INTERFACES}`,
    ];
  }
  const faults: string[] = [];
  const pages = schema.shape.hugepages.safeParse(input['hugepages']);
  const most = Math.floor((type.memoryMib - KEPT_MEMORY_MIB) / HUGEPAGE_MIB);
  if (pages.success && pages.data > most) {
    faults.push(
      `hugepages = ${pages.data}; allowed: at most ${most} on ${type.name}, which leaves the machine 1 GiB`,
    );
  }
  const credits = schema.shape.cpuCredits.safeParse(input['cpuCredits']);
  if (credits.success && credits.data !== undefined && type.creditsPerHour === undefined) {
    faults.push(`cpuCredits = "${credits.data}"; ${type.name} has no CPU credits: leave the key out`);
  }
  return faults;
}
