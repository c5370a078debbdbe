// Whether the emulator's BIOS can start a disk at all, by the disk's first sectors.

export const SECTOR_BYTES = 512;
/** MBR, GPT header and the 128 entries of its table. */
export const HEAD_SECTORS = 34;
const CODE_BYTES = 440;
/** 21686148-6449-6E6F-744E-656564454649, as GPT stores it: where GRUB lies on a disk that a BIOS starts. */
const BIOS_BOOT = Buffer.from('Hah!IdontNeedEFI', 'latin1');
const ENTRY_BYTES = 128;

/** @returns why not, with the next step; undefined when it can. */
export function whyNotBootable(head: Buffer): string | undefined {
  if (head.length < SECTOR_BYTES || head.readUInt16LE(SECTOR_BYTES - 2) !== 0xaa55)
    return 'it has no boot sector; a compressed image must be unpacked first (xz -d, gunzip)';
  const gpt = head.toString('latin1', SECTOR_BYTES, SECTOR_BYTES + 8) === 'EFI PART';
  if (gpt && !hasBiosBoot(head.subarray(2 * SECTOR_BYTES)))
    return 'it starts by UEFI alone (no BIOS boot partition), as images for arm64 do; take one for amd64 that a BIOS starts';
  if (head.subarray(0, CODE_BYTES).every((byte) => byte === 0))
    return 'its boot sector has no code; take an image that a BIOS starts';
  return undefined;
}

function hasBiosBoot(table: Buffer): boolean {
  for (let at = 0; at + ENTRY_BYTES <= table.length; at += ENTRY_BYTES)
    if (table.subarray(at, at + BIOS_BOOT.length).equals(BIOS_BOOT)) return true;
  return false;
}
