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
  // Of a pair's generator alone. The clock starts when both cores run; the limits are those of steps/measure-peer.sh.
  Measured: { timeoutSeconds: 1800, fields: ['rate', 'loss', 'p50', 'p99'] },
} as const;

export type Milestone = keyof typeof MILESTONES;
export type Field = (typeof MILESTONES)[Milestone]['fields'][number];
const MILESTONE_NAMES = Object.keys(MILESTONES) as Milestone[];

export interface ReadinessProps {
  readonly generation: string;
  /** What sets a machine's logical ids apart from those of others in its stack. */
  readonly prefix: string;
  /** Whether the machine measures its peer when its core runs. */
  readonly measures: boolean;
}

export class Readiness extends Construct {
  /** What this machine reaches, in its order. */
  readonly milestones: readonly Milestone[];

  private readonly gates: ReadonlyMap<Milestone, Gate>;

  constructor(scope: Construct, id: string, props: ReadinessProps) {
    super(scope, id);
    this.milestones = MILESTONE_NAMES.filter((name) => name !== 'Measured' || props.measures);
    this.gates = new Map(this.milestones.map((name) => [name, new Gate(this, name, props)]));
    this.milestones.reduce((before, name) => {
      this.condition(name).addResourceDependency(this.condition(before));
      return name;
    });
  }

  /** The URL that the machine puts a milestone's signal to; it needs no credentials. */
  signalUrl(milestone: Milestone): string {
    return this.gate(milestone).handle.ref;
  }

  /** Starts the clock of the first milestone when `machine` exists. A signal that is earlier counts as well. */
  waitFor(machine: CfnResource): void {
    this.condition('DpdkReady').addResourceDependency(machine);
  }

  /** Starts the clock of the measurement when the peer's core runs as well. */
  measureAfter(peer: Readiness): void {
    this.condition('Measured').addResourceDependency(peer.condition('CoreRunning'));
  }

  /** One field of a milestone's answer, as CloudFormation knows it once the milestone is reached. */
  value(field: Field): string {
    for (const milestone of this.milestones) {
      const index = (MILESTONES[milestone].fields as readonly Field[]).indexOf(field);
      // Before the first delimiter stands the JSON's beginning, so the first field is number 1.
      if (index >= 0) return Fn.select(index + 1, Fn.split('|', this.data(milestone)));
    }
    throw new Error(`no milestone of ${this.node.path} has the field ${field}`);
  }

  private data(milestone: Milestone): string {
    return Token.asString(this.condition(milestone).attrData);
  }

  private condition(milestone: Milestone): CfnWaitCondition {
    return this.gate(milestone).condition;
  }

  private gate(milestone: Milestone): Gate {
    const gate = this.gates.get(milestone);
    if (!gate) throw new Error(`${this.node.path} has no milestone ${milestone}`);
    return gate;
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
    replaceWith(props.generation, `${props.prefix}${id}Handle`, this.handle);
    replaceWith(props.generation, `${props.prefix}${id}`, this.condition);
  }
}
