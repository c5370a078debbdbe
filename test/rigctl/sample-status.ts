// A status as a rig prints it, for the tests of what rigctl makes of it.
import type { PortStatus } from '../../lib/port-status.js';

export function sampleStatus(changes: Partial<PortStatus> = {}): PortStatus {
  return {
    schema: 1,
    rig: 'DpdkRig',
    generation: '1a2b3c4d',
    time: '2026-11-24T06:00:00Z',
    uptime_s: 60,
    state: 'provisioning',
    step: 'build-dpdk',
    progress: null,
    milestones: { DpdkReady: 'pending', PortReady: 'pending', CoreRunning: 'pending' },
    error: null,
    dpdk: null,
    port: null,
    hugepages: null,
    core: null,
    ...changes,
  };
}

export function consoleLine(status: PortStatus): string {
  return `rig-status: ${JSON.stringify(status)}\n`;
}
