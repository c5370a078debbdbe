// One machine in the make-believe VPC from power-on to power-off: its emulator, console, peer and shell.
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { PortStatus } from '../../../lib/port-status.js';
import type { Image, Kernel } from '../image/image.js';
import { Console, type Sighting } from './console.js';
import type { MilestoneName, Rig } from './deployment.js';
import type { Ec2 } from './ec2.js';
import { Guest, type Outcome } from './guest.js';
import { Peer } from './peer.js';
import { Qemu } from './qemu.js';
import type { Signal } from './services.js';

export interface MachineProps {
  readonly directory: string;
  readonly image: Image;
  readonly ec2: Ec2;
  readonly rig: Rig;
  readonly iommu: boolean;
  /** How long the guest may take for its builds. */
  readonly buildSeconds: number;
  readonly onStatus: (status: PortStatus) => void;
}

/** Emulated instructions cost ten to twenty times real ones; on a busy host twice that. */
const BOOT_SECONDS = 300;
const SETUP_SECONDS = 300;
/** A foreign image has a boot loader, a packed kernel and services (snapd) of its own. */
const FOREIGN_FACTOR = 4;
/** About one cold boot in thirty loses its timer. */
const POWER_ONS = 3;
const DISK_BYTES = 16 * 2 ** 30;

function kernelArguments(iommu: boolean): string {
  // On a busy host the kernel measures the TSC's rate wrongly, and the guest's seconds are then no seconds; and an emulated
  // timer that is late in its check of the timer makes it panic.
  return `root=/dev/vda rw console=ttyS0 mitigations=off tsc=unstable no_timer_check${iommu ? ' intel_iommu=on' : ''}`;
}

export class Machine {
  private constructor(
    private readonly props: MachineProps,
    private qemu: Qemu,
    readonly console: Console,
    readonly guest: Guest,
    private wire: Peer,
  ) {}

  static async start(props: MachineProps): Promise<Machine> {
    rmSync(props.directory, { recursive: true, force: true });
    mkdirSync(props.directory, { recursive: true });
    const { emulator, disk, format, diskBytes } = props.image;
    const overlay = join(props.directory, 'disk.qcow2');
    // Larger than a cloud image, which grows to its disk on the first boot; ours is as large already.
    execFileSync(emulator, [
      'qemu-img',
      'create',
      '-q',
      '-f',
      'qcow2',
      '-b',
      disk,
      '-F',
      format,
      overlay,
      String(Math.max(DISK_BYTES, diskBytes ?? 0)),
    ]);
    const console = new Console(join(props.directory, 'console.log'), props.onStatus);
    const { qemu, wire } = await Machine.powerOn(props, props.image.kernel);
    return new Machine(props, qemu, console, new Guest(props.ec2.directory, props.image.user), wire);
  }

  private static async powerOn(
    props: MachineProps,
    kernel: Kernel | undefined,
    state?: string,
  ): Promise<{ qemu: Qemu; wire: Peer }> {
    const qemu = await Qemu.start({
      emulator: props.image.emulator,
      directory: props.directory,
      disk: join(props.directory, 'disk.qcow2'),
      iommu: props.iommu,
      state,
      ...(kernel && { kernel: { ...kernel, arguments: kernelArguments(props.iommu) } }),
    });
    return { qemu, wire: await Peer.connect(join(props.directory, 'peer.sock')) };
  }

  /**
   * Waits until the guest has reached user space. One whose emulated timer stops before that is powered on again, since
   * nothing of the rig has run yet. @throws if it stops time and again.
   */
  async userSpace(): Promise<void> {
    if (!this.props.image.kernel)
      console.error('vm: waiting for what the image boots; nothing is known before SSH');
    for (let count = 1; !(await this.console.userSpace(BOOT_SECONDS * this.patience)); count++) {
      if (count === POWER_ONS)
        throw new Error(
          `the emulated timer stopped ${count} times; the console ends:\n${this.console.tail()}`,
        );
      console.error(
        `vm: the emulated timer stopped before user space; power-on ${count + 1} of ${POWER_ONS}`,
      );
      await this.powerOff();
      ({ qemu: this.qemu, wire: this.wire } = await Machine.powerOn(this.props, this.props.image.kernel));
    }
  }

  private get patience(): number {
    return this.props.image.kernel ? 1 : FOREIGN_FACTOR;
  }

  get peer(): Peer {
    return this.wire;
  }

  /** Number of statuses so far: what comes later has an index of at least this. */
  get mark(): number {
    this.console.poll();
    return this.console.sightings.length;
  }

  /** The newest status. */
  get status(): PortStatus {
    this.console.poll();
    const last = this.console.sightings.at(-1);
    if (!last) throw new Error(`the machine has told no status; the console ends:\n${this.console.tail()}`);
    return last.status;
  }

  /** Waits until DPDK, the programs and the module are built: the first signal. */
  async built(): Promise<void> {
    const { status, reason } = await this.signal(
      'DpdkReady',
      BOOT_SECONDS * this.patience + this.props.buildSeconds,
    );
    if (status !== 'SUCCESS') throw new Error(`the rig failed: ${reason}`);
  }

  /** Waits until the rig says that it is ready. A failed run ends the wait at once. */
  async ready(since = 0, seconds = SETUP_SECONDS * this.patience): Promise<Sighting> {
    return this.settled('ready rig', seconds, since, ({ state }) => state === 'ready');
  }

  private async settled(
    what: string,
    seconds: number,
    since: number,
    accept: (status: PortStatus) => boolean,
  ): Promise<Sighting> {
    const sighting = await this.console.waitFor(
      what,
      seconds,
      since,
      (status) => status.error !== null || accept(status),
    );
    const { error } = sighting.status;
    if (error) throw new Error(`the rig failed: ${error.code} ${error.step}: ${error.cause}; ${error.fix}`);
    return sighting;
  }

  /** Waits for the signal of a milestone, among those with an index of `since` or more. */
  async signal(milestone: MilestoneName, seconds: number, since = 0): Promise<Signal> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const signal = this.props.ec2.signals.slice(since).find(({ uniqueId }) => uniqueId === milestone);
      if (signal) return signal;
      if (Date.now() > deadline) {
        throw new Error(
          `no signal for ${milestone} within ${seconds} s; the console ends:\n${this.console.tail()}`,
        );
      }
      this.console.poll();
      await sleep(100);
    }
  }

  /** Waits until the shell answers: sshd is up and cloud-init has put the key there. */
  async shell(seconds = BOOT_SECONDS * this.patience): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    while ((await this.guest.run('true', 30)).code !== 0) {
      this.console.poll();
      if (Date.now() > deadline)
        throw new Error(`no SSH within ${seconds} s; the console ends:\n${this.console.tail()}`);
      await sleep(1000);
    }
  }

  /** Runs the user data again: the very file that cloud-init wrote and ran on the first boot. */
  async runUserData(seconds = SETUP_SECONDS): Promise<Outcome> {
    const running = this.guest.run('exec /var/lib/cloud/instance/scripts/part-001', seconds);
    for (let ended = false; !ended;) {
      this.console.poll();
      ended = await Promise.race([running.then(() => true), sleep(500, false)]);
    }
    return running;
  }

  /** Connects or cuts the data subnet's gateway. */
  async connectGateway(up: boolean): Promise<void> {
    await this.qemu.command('set_link', { name: 'dhcp', up });
  }

  /** Joins the data port's wire with that of another machine, which opens the same socket from the other end. */
  async joinWire(socket: string, server: boolean): Promise<void> {
    await this.join({ type: 'stream', server, addr: { type: 'unix', path: socket } });
  }

  /** Joins the data port's wire with a new interface of this network namespace. */
  async joinInterface(name: string): Promise<void> {
    await this.join({ type: 'tap', ifname: name, script: 'no', downscript: 'no' });
  }

  private async join(backend: Readonly<Record<string, unknown>>): Promise<void> {
    await this.qemu.command('netdev_add', { ...backend, id: 'joined' });
    await this.qemu.command('netdev_add', {
      type: 'hubport',
      id: 'port-joined',
      hubid: 0,
      netdev: 'joined',
    });
  }

  /** Reboots and waits for the shell. By power-off if another kernel is to start. @returns when the reboot was asked for. */
  async restart(kernel?: Kernel): Promise<number> {
    const start = Date.now();
    const boot = await this.guest.must('cat /proc/sys/kernel/random/boot_id');
    await this.guest.run(kernel ? 'systemctl poweroff' : 'systemctl reboot', 20);
    if (kernel) {
      await this.qemu.ended(120);
      this.wire.close();
      ({ qemu: this.qemu, wire: this.wire } = await Machine.powerOn(this.props, kernel));
    }
    while ((await this.guest.run(`[ "$(cat /proc/sys/kernel/random/boot_id)" != ${boot} ]`, 30)).code !== 0) {
      this.console.poll();
      if (Date.now() > start + BOOT_SECONDS * 1000) {
        throw new Error(`no reboot within ${BOOT_SECONDS} s; the console ends:\n${this.console.tail()}`);
      }
      await sleep(1000);
    }
    return start;
  }

  /** Reboots and waits until the rig is ready again with no hand on it. */
  async reboot(kernel?: Kernel): Promise<void> {
    const since = this.mark;
    const start = await this.restart(kernel);
    // Until it was down, the old boot may have gone on telling that it is ready.
    await this.console.waitFor(
      'ready rig after the reboot',
      BOOT_SECONDS,
      since,
      ({ state, uptime_s: up }) => {
        return state === 'ready' && up * 1000 < Date.now() - start;
      },
    );
  }

  async save(state: string): Promise<void> {
    await this.qemu.save(state);
  }

  /**
   * Back to a saved state, in a new emulator: one that has run on does not turn its TSC back, and the guest would see
   * the time leap.
   */
  async load(state: string): Promise<void> {
    await this.powerOff();
    this.console.poll();
    ({ qemu: this.qemu, wire: this.wire } = await Machine.powerOn(
      this.props,
      this.props.image.kernel,
      state,
    ));
  }

  private async powerOff(): Promise<void> {
    this.wire.close();
    await this.qemu.stop();
  }

  /** Shuts down and hands over the disk, as CreateImage does. @returns an image that boots from `file`. */
  async becomeImage(file: string): Promise<Image> {
    await this.guest.run('systemctl poweroff', 20);
    await this.qemu.ended(120);
    this.wire.close();
    renameSync(join(this.props.directory, 'disk.qcow2'), file);
    return { ...this.props.image, disk: file, format: 'qcow2' };
  }

  async stop(): Promise<void> {
    await this.powerOff();
    rmSync(join(this.props.directory, 'disk.qcow2'), { force: true });
  }
}
