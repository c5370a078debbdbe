// A machine in the data subnet, made of raw Ethernet frames: asks by ARP, pings, sends UDP, and checks every answer.
// Frames go over QEMU's stream socket, each after its length in four bytes, big-endian.
import { createConnection, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { PEER } from './topology.js';

const ETHERTYPE_ARP = 0x0806;
const ETHERTYPE_IPV4 = 0x0800;
const BROADCAST = 'ff:ff:ff:ff:ff:ff';

const macBytes = (mac: string): Buffer => Buffer.from(mac.replaceAll(':', ''), 'hex');
const ipv4Bytes = (address: string): Buffer => Buffer.from(address.split('.').map(Number));
const macText = (bytes: Buffer): string => (bytes.toString('hex').match(/../g) ?? []).join(':');

/** RFC 1071. A range that holds a right checksum sums to 0. */
export function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function ethernet(destination: string, type: number, payload: Buffer): Buffer {
  const header = Buffer.concat([
    macBytes(destination),
    macBytes(PEER.mac),
    Buffer.from([type >> 8, type & 0xff]),
  ]);
  const frame = Buffer.concat([header, payload]);
  return frame.length >= 60 ? frame : Buffer.concat([frame, Buffer.alloc(60 - frame.length)]);
}

function swapMacs(frame: Buffer): Buffer {
  return Buffer.concat([frame.subarray(6, 12), frame.subarray(0, 6), frame.subarray(12)]);
}

function ipv4(destination: string, protocol: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + payload.length, 2);
  header[8] = 64;
  header[9] = protocol;
  ipv4Bytes(PEER.ipv4).copy(header, 12);
  ipv4Bytes(destination).copy(header, 16);
  header.writeUInt16BE(checksum(header), 10);
  return Buffer.concat([header, payload]);
}

export interface Target {
  readonly mac: string;
  readonly ipv4: string;
}

/** For an answer that must come: an emulated machine on a busy host may stand still for seconds. */
const ANSWER_SECONDS = 30;

export class Peer {
  private rest = Buffer.alloc(0);
  private listeners = new Set<(frame: Buffer) => void>();

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.take(chunk);
    });
    socket.on('error', () => undefined); // QEMU has gone: the next question times out and says so
  }

  static async connect(path: string): Promise<Peer> {
    const socket = createConnection(path);
    await once(socket, 'connect');
    return new Peer(socket);
  }

  close(): void {
    this.socket.destroy();
  }

  private take(chunk: Buffer): void {
    this.rest = Buffer.concat([this.rest, chunk]);
    while (this.rest.length >= 4) {
      const end = 4 + this.rest.readUInt32BE(0);
      if (this.rest.length < end) return;
      const frame = Buffer.from(this.rest.subarray(4, end));
      this.rest = this.rest.subarray(end);
      for (const listener of this.listeners) listener(frame);
    }
  }

  private send(frame: Buffer): void {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(frame.length);
    this.socket.write(Buffer.concat([length, frame]));
  }

  /** Sends one frame and gives the first answer that `match` takes, or undefined when none came in time. */
  private async ask<T>(
    frame: Buffer,
    seconds: number,
    match: (frame: Buffer) => T | undefined,
  ): Promise<T | undefined> {
    const answer = new Promise<T>((resolve) => {
      const listener = (received: Buffer): void => {
        const found = match(received);
        if (found === undefined) return;
        this.listeners.delete(listener);
        resolve(found);
      };
      this.listeners.add(listener);
    });
    this.send(frame);
    return Promise.race([answer, sleep(seconds * 1000, undefined, { ref: false })]);
  }

  /** @returns the MAC address that answers for `address`. */
  arp(address: string, seconds = ANSWER_SECONDS): Promise<string | undefined> {
    const request = Buffer.concat([
      Buffer.from('0001080006040001', 'hex'),
      ...[macBytes(PEER.mac), ipv4Bytes(PEER.ipv4), Buffer.alloc(6), ipv4Bytes(address)],
    ]);
    return this.ask(ethernet(BROADCAST, ETHERTYPE_ARP, request), seconds, (frame) => {
      const isReply = frame.readUInt16BE(12) === ETHERTYPE_ARP && frame.readUInt16BE(20) === 2;
      return isReply && frame.subarray(28, 32).equals(ipv4Bytes(address))
        ? macText(frame.subarray(22, 28))
        : undefined;
    });
  }

  /** @returns true when the echo reply has our identifier, sequence and payload, and right checksums. */
  async ping(target: Target, sequence: number, seconds = ANSWER_SECONDS): Promise<boolean> {
    const echo = Buffer.alloc(64, sequence & 0xff);
    echo.writeUInt16BE(0x0800, 0);
    echo.writeUInt16BE(0, 2);
    echo.writeUInt16BE(0xec2a, 4);
    echo.writeUInt16BE(sequence, 6);
    echo.writeUInt16BE(checksum(echo), 2);
    const reply = await this.askIpv4(
      target,
      1,
      echo,
      seconds,
      (payload) => payload[0] === 0 && payload.subarray(4).equals(echo.subarray(4)),
    );
    return reply !== undefined && checksum(reply) === 0;
  }

  /** @returns true when the datagram comes back from `port` with the same payload. */
  async udpEcho(target: Target, port: number, text: string, seconds = ANSWER_SECONDS): Promise<boolean> {
    const datagram = Buffer.concat([Buffer.alloc(8), Buffer.from(text)]);
    datagram.writeUInt16BE(0xec2a, 0);
    datagram.writeUInt16BE(port, 2);
    datagram.writeUInt16BE(datagram.length, 4); // checksum 0: none, as RFC 768 allows
    const reply = await this.askIpv4(
      target,
      17,
      datagram,
      seconds,
      (payload) =>
        payload.readUInt16BE(0) === port &&
        payload.readUInt16BE(2) === 0xec2a &&
        payload.subarray(8).equals(datagram.subarray(8)),
    );
    return reply !== undefined;
  }

  /** @returns true when a datagram for somebody else comes back as it was, its two MAC addresses swapped. */
  async reflected(target: Target, text: string, seconds = ANSWER_SECONDS): Promise<boolean> {
    const datagram = Buffer.concat([Buffer.from('ec2a270f00000000', 'hex'), Buffer.from(text)]);
    datagram.writeUInt16BE(datagram.length, 4);
    const frame = ethernet(target.mac, ETHERTYPE_IPV4, ipv4('10.0.1.250', 17, datagram));
    const returned = swapMacs(frame);
    const reply = await this.ask(frame, seconds, (received) => received.equals(returned) || undefined);
    return reply === true;
  }

  /** Sends every IPv4 frame that is for us back to where it came from. @returns a function that ends it and counts. */
  reflect(): () => number {
    let count = 0;
    const listener = (frame: Buffer): void => {
      if (macText(frame.subarray(0, 6)) !== PEER.mac || frame.readUInt16BE(12) !== ETHERTYPE_IPV4) return;
      count++;
      this.send(swapMacs(frame));
    };
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
      return count;
    };
  }

  /** Answers ARP for another machine, as a VPC's router does. @returns a function that ends it. */
  answerArp(target: Target): () => void {
    const listener = (frame: Buffer): void => {
      const asked =
        frame.readUInt16BE(12) === ETHERTYPE_ARP &&
        frame.readUInt16BE(20) === 1 &&
        frame.subarray(38, 42).equals(ipv4Bytes(target.ipv4));
      if (!asked) return;
      const asker = frame.subarray(22, 32);
      const reply = Buffer.concat([
        Buffer.from('0001080006040002', 'hex'),
        ...[macBytes(target.mac), ipv4Bytes(target.ipv4), asker],
      ]);
      this.send(ethernet(macText(asker.subarray(0, 6)), ETHERTYPE_ARP, reply));
    };
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  private askIpv4(
    target: Target,
    protocol: number,
    payload: Buffer,
    seconds: number,
    match: (payload: Buffer) => boolean,
  ): Promise<Buffer | undefined> {
    return this.ask(
      ethernet(target.mac, ETHERTYPE_IPV4, ipv4(target.ipv4, protocol, payload)),
      seconds,
      (frame) => {
        const packet = frame.subarray(14);
        const forUs = macText(frame.subarray(0, 6)) === PEER.mac && frame.readUInt16BE(12) === ETHERTYPE_IPV4;
        if (!forUs || packet[9] !== protocol || checksum(packet.subarray(0, 20)) !== 0) return undefined;
        if (!packet.subarray(12, 16).equals(ipv4Bytes(target.ipv4))) return undefined;
        const body = packet.subarray(20, packet.readUInt16BE(2));
        return match(body) ? body : undefined;
      },
    );
  }
}
