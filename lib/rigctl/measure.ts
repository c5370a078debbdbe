// `rigctl measure`: runs a measurement on a deployed pair's generator, and brings its result here.
import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';

import { parseMeasurement, type Measurement } from '../measurement.js';
import { EXIT, RigFault } from './exit.js';
import { requireFolder } from './files.js';
import { MEASURE_DEFAULTS, measureArguments, type MeasureOptions } from './measure-options.js';
import { printJson, type Operation } from './operation.js';
import { formatDuration } from './progress.js';
import { formatMeasurement, saveMeasurement } from './results.js';
import { RigError } from './run.js';
import { MOST_SECONDS, notInTime, requireManaged, runScript, type ScriptResult } from './ssm.js';
import { requireRig, rigState, type RigStack } from './stacks.js';

export interface RemoteMeasureOptions extends MeasureOptions {
  /** Which pair of a fleet. @default - the only one */
  readonly pair?: number;
  readonly out: string;
}

const RIG_MEASURE = '/opt/dpdk-rig/userdata/bin/rig-measure';
const RIG_TELEMETRY = '/opt/dpdk-rig/userdata/bin/rig-telemetry';
/** Of a script's output Systems Manager keeps 24,000 characters; a part and its first line fit into that. */
const PART = 20_000;
const MARK = 'dpdk-rig-measurement';
const SHORT_SECONDS = 60;
/** What rig-measure has to end in order, rate and frame size given back, before Systems Manager would kill it. */
const GRACE_SECONDS = 120;
/** timeout(1)'s exit code when the time was over. */
const TIMED_OUT = 124;

/** @returns the exit code. */
export async function measure(
  operation: Operation,
  name: string,
  options: RemoteMeasureOptions,
): Promise<number> {
  const seconds = bound(options);
  if (seconds + GRACE_SECONDS > MOST_SECONDS) {
    throw new RigFault(
      `it may take ${seconds} s; a command of Systems Manager ends after ${MOST_SECONDS} s`,
      'shorten it: --trial, --repeat, --precision',
      EXIT.usage,
    );
  }
  await requireFolder(options.out, 'name another folder with --out');
  const stack = await requireRig(operation.aws, name, operation);
  const generator = findGenerator(stack, options.pair);
  await requireManaged(operation, generator.instanceId);
  operation.terminal.progress(
    `measuring from ${generator.label} ${generator.instanceId}: profile ${options.profile}`,
  );
  const measurement = await measureOn(operation, generator.instanceId, options);
  const files = await saveMeasurement(measurement, generator.name, options.out);
  if (operation.json) printJson(operation, { kind: 'measured', rig: name, files, measurement });
  else {
    operation.terminal.out(`${formatMeasurement(measurement)}\n`);
    operation.terminal.out(`  ${Object.values<string>({ ...files }).join('\n  ')}\n`);
  }
  return EXIT.done;
}

interface Generator {
  readonly instanceId: string;
  /** What it is called to a person, and what its files are. */
  readonly label: string;
  readonly name: string;
}

/** Pure. The generators of a stack by its outputs: `GeneratorInstanceId`, or `Pair2GeneratorInstanceId` in a fleet. */
export function findGenerator(stack: RigStack, pair: number | undefined): Generator {
  const found = Object.entries(stack.outputs).flatMap(
    ([key, instanceId]): (Generator & { pair: number })[] => {
      const match = /^(?:Pair(\d+))?GeneratorInstanceId$/.exec(key);
      if (!match) return [];
      const number = Number(match[1] ?? 1);
      const many = match[1] !== undefined;
      const label = many ? `the generator of pair ${number},` : 'the generator,';
      return [{ instanceId, label, name: many ? `${stack.name}-${number}` : stack.name, pair: number }];
    },
  );
  const chosen = pair === undefined && found.length === 1 ? found[0] : found.find((one) => one.pair === pair);
  if (chosen) return chosen;
  if (found.length > 0) {
    const numbers = found.map((one) => one.pair).sort((a, b) => a - b);
    const given =
      pair === undefined ? `${stack.name} has ${found.length} pairs` : `${stack.name} has no pair ${pair}`;
    throw new RigFault(`${given}; allowed: --pair ${numbers.join(', ')}`, 'name one of them', EXIT.usage);
  }
  if (rigState(stack.status) !== 'deployed') {
    throw new RigError(`${stack.name} is not deployed: it is ${stack.status}`, `rigctl watch ${stack.name}`);
  }
  throw new RigError(
    `${stack.name} has no generator: a rig alone has nobody to measure`,
    'deploy a pair: rigctl deploy NAME -c topology=pair',
  );
}

async function measureOn(
  operation: Operation,
  instanceId: string,
  options: MeasureOptions,
): Promise<Measurement> {
  const startedAt = operation.now().getTime();
  const file = `/var/lib/dpdk-rig/measure.${randomBytes(8).toString('hex')}`;
  const onWait = (): void => {
    const elapsed = formatDuration(operation.now().getTime() - startedAt);
    operation.terminal.live(`rig: measuring for ${elapsed}`);
  };
  try {
    const result = await runScript(operation, instanceId, script(options, file), {
      seconds: bound(options) + GRACE_SECONDS,
      onWait,
    });
    if (result.code === TIMED_OUT) throw notInTime(bound(options));
    if (result.code !== 0) throw explain(result);
    return decode(await collect(operation, instanceId, result.out));
  } catch (error) {
    if (operation.signal.aborted) await clear(operation, instanceId, file);
    throw error;
  }
}

/** How long it may take at most: every trial repeated as often as rig-measure would on a machine that disturbs it. */
export function bound({
  profile,
  trial = MEASURE_DEFAULTS.trial,
  repeat = 3,
  precision = MEASURE_DEFAULTS.precision,
  rates = [],
}: MeasureOptions): number {
  const START = 300;
  if (profile === 'soak') return trial + START;
  const trials =
    profile === 'latency' ? rates.length * repeat : repeat * (Math.ceil(Math.log2(1 / precision)) + 8);
  return Math.ceil(trials * 3 * (trial + 3)) + START;
}

/**
 * The arguments are numbers and names that have been checked; nothing in them means anything to a shell. In the foreground:
 * in the script's own process group, which is what Systems Manager ends when it cancels.
 */
function script(options: MeasureOptions, file: string): string {
  return [
    `file=${file}`,
    `timeout --foreground ${bound(options)} ${RIG_MEASURE} --quiet ${measureArguments(options).join(' ')} --output "$file" || { code=$?; rm -f "$file"; exit $code; }`,
    'gzip -9c "$file" | base64 -w 0 >"$file.b64" && rm -f "$file"',
    `echo "${MARK} $file.b64 $(wc -c <"$file.b64")"`,
    `head -c ${PART} "$file.b64"`,
  ].join('\n');
}

/** Puts the parts of a long document together, and takes the file away. */
async function collect(operation: Operation, instanceId: string, first: string): Promise<string> {
  const match = new RegExp(`^${MARK} (/[\\w./-]+) (\\d+)\\n([A-Za-z0-9+/=]*)`).exec(first);
  if (!match) {
    throw new RigError(
      `the machine's answer is not a measurement: ${first.slice(0, 200)}`,
      'deploy the rig again',
    );
  }
  const [, file = '', size = '0', head = ''] = match;
  let text = head;
  while (text.length < Number(size)) {
    const part = await runScript(
      operation,
      instanceId,
      `tail -c +${text.length + 1} ${file} | head -c ${PART}`,
      {
        seconds: SHORT_SECONDS,
      },
    );
    if (part.code !== 0 || part.out === '') {
      throw new RigError(
        `the measurement's file cannot be read on: ${part.err.trim()}`,
        `it is in ${file} on ${instanceId}`,
      );
    }
    text += part.out.trim();
  }
  await runScript(operation, instanceId, `rm -f ${file}`, { seconds: SHORT_SECONDS });
  return text;
}

function decode(text: string): Measurement {
  let json: string;
  try {
    json = gunzipSync(Buffer.from(text, 'base64')).toString('utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new RigError(`the measurement did not arrive whole: ${why}`, 'run it again');
  }
  const parsed = parseMeasurement(json);
  if (parsed.kind === 'measurement') return parsed.measurement;
  throw new RigError(
    `the machine's measurement has another schema: ${parsed.reason}`,
    'use the rigctl of the commit that deployed the rig, or deploy it again',
  );
}

function explain({ code, err }: ScriptResult): RigError {
  const said = err.trim().split('\n').at(-1) ?? '';
  if (code === 126 || code === 127) {
    return new RigError(
      'the machine has no rig-measure: it was deployed by an earlier version',
      'deploy it again',
    );
  }
  return faultFromWords(said, `rig-measure ended with ${code} and said nothing`);
}

/** rig-measure's last line is `rig-measure: cause; what to do`. */
export function faultFromWords(line: string, otherwise: string): RigError {
  const [cause = '', ...next] = line.replace(/^rig-measure: (error: )?/, '').split('; ');
  return new RigError(cause === '' ? otherwise : cause, next.join('; ') || 'see the message above');
}

/** What Systems Manager kills gives the generator no rate back, and takes no file away. */
async function clear({ terminal, ...operation }: Operation, instanceId: string, file: string): Promise<void> {
  terminal.progress('interrupted; stopping the generator');
  const signal = AbortSignal.timeout(30_000);
  const { code } = await runScript(
    { ...operation, terminal, signal },
    instanceId,
    `rm -f ${file} ${file}.*\n${RIG_TELEMETRY} /pollcore/rate,0`,
    { seconds: SHORT_SECONDS },
  ).catch(() => ({ code: -1 }));
  if (code !== 0)
    terminal.progress(
      `the generator on ${instanceId} may still send; rigctl connect, then: rig-telemetry /pollcore/rate,0`,
    );
}
