// One machine in the make-believe VPC from power-on to power-off: its emulator, console, peer and shell.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { PortStatus } from '../../../lib/port-status.js';
import type { Image, Kernel } from '../image/image.js';
import { Console, type Sighting } from './console.js';
import type { MilestoneName, Rig } from './deployment.js';
import type { Ec2 } from './ec2.js';
import { Guest } from './guest.js';
import { Peer } from './peer.js';
import { Qemu } from './qemu.js';
import type { Signal } from './services.js';

export interface MachineProps {
  readonly directory: string;
  readonly image: Image;
  readonly ec2: Ec2;
  readonly rig: Rig;
  readonly iommu: boolean;
  /** User data other than the template's, for a machine that is to be provisioned later. */
  readonly userData?: string;
  readonly onStatus: (status: PortStatus) => void;
}

/** Emulated instructions cost ten to twenty times real ones; on a busy host twice that. */
const BOOT_SECONDS = 300;
const PROVISION_SECONDS = 600;

function kernelArguments(iommu: boolean): string {
  // The emulated TSC is steady; the kernel's watchdog sees a busy host and would fall back to a slow clock.
  return `root=/dev/vda rw console=ttyS0 mitigations=off tsc=reliable${iommu ? ' intel_iommu=on' : ''}`;
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
    const { emulator, disk, format } = props.image;
    const overlay = join(props.directory, 'disk.qcow2');
    execFileSync(emulator, ['qemu-img', 'create', '-q', '-f', 'qcow2', '-b', disk, '-F', format, overlay]);
    props.ec2.imds.userData = props.userData ?? props.rig.userData;
    const console = new Console(join(props.directory, 'console.log'), props.onStatus);
    const { qemu, wire } = await Machine.powerOn(props, props.image.kernel);
    return new Machine(props, qemu, console, new Guest(props.ec2.directory, props.image.user), wire);
  }

  private static async powerOn(props: MachineProps, kernel: Kernel | undefined): Promise<{ qemu: Qemu; wire: Peer }> {
    const qemu = await Qemu.start({
      emulator: props.image.emulator,
      directory: props.directory,
      disk: join(props.directory, 'disk.qcow2'),
      iommu: props.iommu,
      ...(kernel && { kernel: { ...kernel, arguments: kernelArguments(props.iommu) } }),
    });
    return { qemu, wire: await Peer.connect(join(props.directory, 'peer.sock')) };
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

  /** Waits until the rig says that it is ready. A failed run ends the wait at once. */
  async ready(since = 0, seconds = BOOT_SECONDS + PROVISION_SECONDS): Promise<Sighting> {
    const sighting = await this.console.waitFor('ready rig', seconds, since, ({ state }) => state === 'ready' || state === 'failed');
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
        throw new Error(`no signal for ${milestone} within ${seconds} s; the console ends:\n${this.console.tail()}`);
      }
      this.console.poll();
      await sleep(100);
    }
  }

  /** Waits until the shell answers: sshd is up and cloud-init has put the key there. */
  async shell(seconds = BOOT_SECONDS): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    while ((await this.guest.run('true', 30)).code !== 0) {
      this.console.poll();
      if (Date.now() > deadline) throw new Error(`no SSH within ${seconds} s; the console ends:\n${this.console.tail()}`);
      await sleep(1000);
    }
  }

  /** Runs the user data that IMDS has now, as cloud-init would on a first boot; returns at once. */
  async runUserData(): Promise<void> {
    await this.guest.must(`
      token=$(curl -fsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
      curl -fsS -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/user-data >/root/user-data
      chmod 0700 /root/user-data
      systemd-run --quiet --collect --unit=user-data --property=StandardOutput=append:/var/log/user-data.log \
        --property=StandardError=append:/var/log/user-data.log /root/user-data`);
  }

  /** Reboots and waits until the rig is ready again with no hand on it; by power-off if another kernel is to start. */
  async reboot(kernel?: Kernel): Promise<Sighting> {
    const since = this.mark;
    const start = Date.now();
    await this.guest.run(kernel ? 'systemctl poweroff' : 'systemctl reboot', 20);
    if (kernel) {
      await this.qemu.ended(120);
      this.wire.close();
      ({ qemu: this.qemu, wire: this.wire } = await Machine.powerOn(this.props, kernel));
    }
    // Until the machine is down, the old boot may go on telling that it is ready.
    return this.console.waitFor('ready rig after the reboot', BOOT_SECONDS, since, ({ state, uptime_s: up }) => {
      return state === 'ready' && up * 1000 < Date.now() - start;
    });
  }

  async save(name: string): Promise<void> {
    await this.qemu.snapshot('savevm', name);
  }

  /** Back to a saved state. What the console said since is forgotten by the guest, not by the harness. */
  async load(name: string): Promise<void> {
    await this.qemu.snapshot('loadvm', name);
  }

  async stop(): Promise<void> {
    this.wire.close();
    await this.qemu.stop();
    rmSync(join(this.props.directory, 'disk.qcow2'), { force: true });
  }
}
