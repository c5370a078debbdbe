"""Frames written by hand, right and wrong, apart from pollcore's own code."""
import struct


def checksum(data):
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def address(text):
    return bytes(int(part) for part in text.split("."))


def ether(destination, source, ethertype, payload):
    return destination + source + struct.pack("!H", ethertype) + payload


def ipv4(source, destination, protocol, payload, fragment=0x4000, total=None, damage=0, first=0x45, options=b""):
    total = 20 + len(options) + len(payload) if total is None else total
    head = struct.pack("!BBHHHBBH4s4s", first, 0, total, 1, fragment, 64, protocol, 0,
                       address(source), address(destination)) + options
    return head[:10] + struct.pack("!H", checksum(head) ^ damage) + head[12:] + payload


def echo_request(payload=b"abcdefgh", identifier=0x77, sequence=1, damage=0):
    head = struct.pack("!BBHHH", 8, 0, 0, identifier, sequence)
    value = checksum(head + payload) ^ damage
    return head[:2] + struct.pack("!H", value) + head[4:] + payload


def udp(source, destination, source_port, destination_port, payload, damage=0):
    head = struct.pack("!HHHH", source_port, destination_port, 8 + len(payload), 0)
    pseudo = address(source) + address(destination) + struct.pack("!BBH", 0, 17, 8 + len(payload))
    value = (checksum(pseudo + head + payload) or 0xFFFF) ^ damage
    return head[:6] + struct.pack("!H", value) + payload


def arp_request(mac, source, target):
    return struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, mac, address(source), bytes(6), address(target))
