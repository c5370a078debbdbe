// A virtual machine that looks like EC2: QEMU under TCG, two interfaces at fixed PCI slots, serial console to a file.
import { spawn, type ChildProcess } from 'node:child_process';
import { createConnection, type Socket } from 'node:net';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { DATA, DATA_MODEL, MANAGEMENT, SEAT, type Nic } from './topology.js';

export const SSH_PORT = 2222;

export interface MachineProps {
  readonly emulator: string;
  /** Folder for sockets, overlay and console. */
  readonly directory: string;
  /** The qcow2 overlay to boot from. */
  readonly disk: string;
  /** Kernel and initrd to boot; without, the disk's own boot loader. */
  readonly kernel?: { readonly image: string; readonly initrd: string; readonly arguments: string };
  /** vfio-pci needs one: an emulated Intel IOMMU. */
  readonly iommu: boolean;
  /** A saved state of the same machine to go on from. */
  readonly state?: string | undefined;
}

const UUID = `ec2a1b2c-3d4e-4f60-8a7b-9c0d1e2f3a4${SEAT}`;

function network(id: string, nic: Nic, more = ''): string {
  return `user,id=${id},ipv6=off,net=${nic.subnet},host=${nic.gateway},dns=${nic.gateway.replace(/1$/, '2')},dhcpstart=${nic.ipv4}${more}`;
}

function qemuArguments(props: MachineProps): string[] {
  const file = (name: string): string => join(props.directory, name);
  const args = [
    ...[
      '-machine',
      'q35',
      '-accel',
      'tcg,thread=multi,tb-size=512',
      '-cpu',
      'Nehalem',
      '-smp',
      '2',
      '-m',
      '4096',
    ],
    ...['-nodefaults', '-no-user-config', '-display', 'none'],
    // Appended to, so that a machine powered on again goes on in the same file.
    ...['-chardev', `file,id=console,path=${file('console.log')},append=on`, '-serial', 'chardev:console'],
    ...['-qmp', `unix:${file('qmp.sock')},server=on,wait=off`],
    ...['-smbios', `type=1,manufacturer=Amazon EC2,product=t3.medium,uuid=${UUID},serial=${UUID}`],
    ...['-drive', `file=${props.disk},format=qcow2,if=none,id=root,cache=unsafe,discard=unmap`],
    ...['-device', 'virtio-blk-pci,drive=root,addr=0x4'],
    ...[
      '-netdev',
      network('management', MANAGEMENT, `,hostfwd=tcp:127.0.0.1:${SSH_PORT}-${MANAGEMENT.ipv4}:22`),
    ],
    ...['-device', `virtio-net-pci,netdev=management,mac=${MANAGEMENT.mac},addr=0x${MANAGEMENT.slot}`],
  ];
  if (props.iommu) args.push('-device', 'intel-iommu,intremap=on,caching-mode=on');
  // On one hub: the interface, a user network that gives it an address by DHCP, and the test's peer.
  args.push('-netdev', 'hubport,id=port,hubid=0', '-netdev', network('dhcp', DATA));
  args.push('-netdev', 'hubport,id=port-dhcp,hubid=0,netdev=dhcp');
  args.push('-netdev', `stream,id=peer,server=on,addr.type=unix,addr.path=${file('peer.sock')}`);
  args.push('-netdev', 'hubport,id=port-peer,hubid=0,netdev=peer');
  args.push('-device', `${DATA_MODEL},netdev=port,mac=${DATA.mac},addr=0x${DATA.slot}`);
  if (props.kernel) {
    const { image, initrd, arguments: kernelArguments } = props.kernel;
    args.push('-kernel', image, '-initrd', initrd, '-append', kernelArguments);
  }
  if (props.state !== undefined) args.push('-loadvm', props.state);
  return args;
}

/** A running QEMU, and its control socket (QMP). */
export class Qemu {
  private constructor(
    private readonly child: ChildProcess,
    private readonly control: Socket,
    private readonly exited: Promise<unknown>,
  ) {}

  static async start(props: MachineProps): Promise<Qemu> {
    const child = spawn(props.emulator, ['qemu-system-x86_64', ...qemuArguments(props)], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const exited = once(child, 'exit');
    const socket = join(props.directory, 'qmp.sock');
    rmSync(socket, { force: true });
    for (let tries = 0; !existsSync(socket); tries++) {
      if (child.exitCode !== null || tries > 100)
        throw new Error(`QEMU did not start; see its message above`);
      await sleep(100);
    }
    const control = createConnection(socket);
    control.on('error', () => undefined); // the emulator was ended; who waits for it learns that by its exit
    await once(control, 'connect');
    const qemu = new Qemu(child, control, exited);
    await qemu.command('qmp_capabilities');
    return qemu;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Runs one QMP command; one at a time. @returns its `return` value. */
  async command(execute: string, args: Record<string, unknown> = {}): Promise<unknown> {
    let rest = '';
    const answered = new Promise<unknown>((resolve, reject) => {
      const read = (chunk: Buffer): void => {
        const lines = (rest + chunk.toString()).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          const message = JSON.parse(line) as { return?: unknown; error?: { desc: string } };
          if (!('return' in message) && !message.error) continue; // an event or the greeting
          this.control.off('data', read);
          if (message.error) reject(new Error(`QMP ${execute}: ${message.error.desc}`));
          else resolve(message.return);
        }
      };
      this.control.on('data', read);
    });
    this.control.write(`${JSON.stringify({ execute, arguments: args })}\n`);
    return answered;
  }

  /** Saves the whole machine under a name: memory, devices, disk. */
  async save(state: string): Promise<void> {
    const said = await this.command('human-monitor-command', { 'command-line': `savevm ${state}` });
    if (said !== '') throw new Error(`QEMU savevm ${state}: ${String(said).trim()}`);
  }

  /** Waits until the guest has powered itself off. */
  async ended(seconds: number): Promise<void> {
    await Promise.race([this.exited, sleep(seconds * 1000, undefined, { ref: false })]);
    if (this.running) throw new Error(`the guest did not power off within ${seconds} s`);
    this.control.destroy();
  }

  async stop(): Promise<void> {
    if (this.running) this.child.kill('SIGKILL'); // the overlay is thrown away: nothing to flush
    await this.exited;
    this.control.destroy();
  }
}
