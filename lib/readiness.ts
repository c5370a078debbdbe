// A rig's milestones: the handles that the machine signals, the conditions that CloudFormation waits on, and the
// plain values in the answers. userdata/lib/signal.sh sends what is taken apart here.
import { CfnWaitCondition, CfnWaitConditionHandle, Fn, Token, type CfnResource } from 'aws-cdk-lib';
import { Construct } from 'constructs';

import { replaceWith } from './generation.js';

/**
 * The milestones in their order, with the time that each may take after the one before, and the fields of its Data:
 * `|field|field|`. A delimiter on both ends keeps the JSON around the Data out of the first and the last field.
 */
const MILESTONES = {
  // The sum of the limits inside userdata/ (packages, build), so that a fault is signalled and never times out here.
  DpdkReady: { timeoutSeconds: 3600, fields: ['dpdkVersion'] },
  PortReady: { timeoutSeconds: 600, fields: ['pci', 'driver', 'mac', 'ipv4', 'hugepages'] },
  CoreRunning: { timeoutSeconds: 600, fields: ['coreState', 'link', 'portStatus'] },
} as const;

export type Milestone = keyof typeof MILESTONES;
export type Field = (typeof MILESTONES)[Milestone]['fields'][number];
export const MILESTONE_NAMES = Object.keys(MILESTONES) as Milestone[];

export interface ReadinessProps {
  readonly generation: string;
}

export class Readiness extends Construct {
  private readonly gates: Readonly<Record<Milestone, Gate>>;

  constructor(scope: Construct, id: string, props: ReadinessProps) {
    super(scope, id);
    const gate = (name: Milestone): Gate => new Gate(this, name, props);
    const gates = {
      DpdkReady: gate('DpdkReady'),
      PortReady: gate('PortReady'),
      CoreRunning: gate('CoreRunning'),
    };
    gates.PortReady.condition.addResourceDependency(gates.DpdkReady.condition);
    gates.CoreRunning.condition.addResourceDependency(gates.PortReady.condition);
    this.gates = gates;
  }

  /** The URL that the machine puts a milestone's signal to; it needs no credentials. */
  signalUrl(milestone: Milestone): string {
    return this.gates[milestone].handle.ref;
  }

  /** Starts the clock of the first milestone when `machine` exists. A signal that is earlier counts as well. */
  waitFor(machine: CfnResource): void {
    this.gates.DpdkReady.condition.addResourceDependency(machine);
  }

  /** One field of a milestone's answer, as CloudFormation knows it once the milestone is reached. */
  value(field: Field): string {
    for (const milestone of MILESTONE_NAMES) {
      const index = (MILESTONES[milestone].fields as readonly Field[]).indexOf(field);
      // Before the first delimiter stands the JSON's beginning, so the first field is number 1.
      if (index >= 0) return Fn.select(index + 1, Fn.split('|', this.data(milestone)));
    }
    throw new Error(`no milestone has the field ${field}`);
  }

  private data(milestone: Milestone): string {
    return Token.asString(this.gates[milestone].condition.attrData);
  }
}

/** One milestone: where it is signalled and what waits for it. Neither can be used twice. */
class Gate extends Construct {
  readonly handle: CfnWaitConditionHandle;
  readonly condition: CfnWaitCondition;

  constructor(scope: Construct, id: Milestone, props: ReadinessProps) {
    super(scope, id);
    this.handle = new CfnWaitConditionHandle(this, 'Handle');
    this.condition = new CfnWaitCondition(this, 'Condition', {
      handle: this.handle.ref,
      count: 1,
      timeout: String(MILESTONES[id].timeoutSeconds),
    });
    replaceWith(props.generation, `${id}Handle`, this.handle);
    replaceWith(props.generation, id, this.condition);
  }
}
