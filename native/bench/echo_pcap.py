"""The capture that respond and icmpecho are fed: 64 ICMP echo requests of 60 bytes, each with right checksums."""
import struct


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~total & 0xFFFF)


def echo_request(mac, ipv4, number):
    payload = bytes(range(18))
    icmp = struct.pack("!BBHHH", 8, 0, 0, 0x77, number) + payload
    icmp = icmp[:2] + checksum(icmp) + icmp[4:]
    addresses = bytes([10, 99, 0, 2]) + bytes(int(part) for part in ipv4.split("."))
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(icmp), number, 0x4000, 64, 1, 0) + addresses
    head = head[:10] + checksum(head) + head[12:]
    ether = bytes.fromhex(mac.replace(":", "")) + bytes.fromhex("020000000001") + b"\x08\x00"
    return ether + head + icmp


def write(path, mac, ipv4):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number in range(64):
            frame = echo_request(mac, ipv4, number)
            out.write(struct.pack("<IIII", 0, number, len(frame), len(frame)) + frame)


def replies_are_right(path, mac, ipv4):
    """Whether every frame that left is the answer to one of the requests, byte for byte. Returns how many."""
    expected = set()
    for number in range(64):
        frame = echo_request(mac, ipv4, number)
        icmp = b"\0\0\0\0" + frame[38:]
        icmp = icmp[:2] + checksum(icmp) + icmp[4:]
        expected.add(frame[6:12] + frame[:6] + frame[12:26] + frame[30:34] + frame[26:30] + icmp)
    data = open(path, "rb").read()
    offset, count = 24, 0
    while offset + 16 <= len(data):
        size = struct.unpack_from("<I", data, offset + 8)[0]
        frame = data[offset + 16:offset + 16 + size]
        offset += 16 + size
        if len(frame) == size:  # the last record may be cut when the program is stopped
            if frame not in expected:
                raise AssertionError(f"a reply that is wrong: {frame.hex()}")
            count += 1
    return count
