// A machine's console as events: its status lines, each once, though every read repeats the last 64 KB.
import { parseConsoleLine, type PortStatus } from '../port-status.js';

/** What happened between two reads of the console. */
export type ConsoleEvent =
  | { readonly kind: 'status'; readonly status: PortStatus }
  /** A status line that cannot be read: another version of the rig, or a line that the kernel wrote into. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/** The newest status in a console text; undefined when none is readable. */
export function lastStatus(text: string): PortStatus | undefined {
  for (const line of text.split('\n').reverse()) {
    const parsed = parseConsoleLine(line);
    if (parsed.kind === 'status') return parsed.status;
  }
  return undefined;
}

/** The last lines of a console that a person can read: without status lines, colours and carriage returns. */
export function lastLines(text: string, count: number): string[] {
  return text
    .split('\n')
    .map(readable)
    .filter((line) => line !== '' && !line.includes('rig-status: '))
    .slice(-count);
}

/** Terminal control sequences: ESC [ parameters letter. */
const CONTROL_SEQUENCE = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[A-Za-z]`, 'g');

function readable(line: string): string {
  return line
    .replace(CONTROL_SEQUENCE, '')
    .replace(/\p{Cc}+/gu, ' ')
    .trim();
}

/** Follows one machine's console: give it each text as read, it gives what is new in it. */
export class ConsoleFollower {
  private lastLine: string | undefined;

  read(text: string): ConsoleEvent[] {
    // The last line may be half printed: it is read the next time, when its end is there.
    const lines = text.split('\n').slice(0, -1);
    const marked = lines.filter((line) => line.includes('rig-status: '));
    // A line holds its time, so the same line twice is the same line.
    const known = this.lastLine === undefined ? -1 : marked.lastIndexOf(this.lastLine);
    this.lastLine = marked.at(-1) ?? this.lastLine;
    return marked.slice(known + 1).flatMap(toEvent);
  }
}

function toEvent(line: string): ConsoleEvent[] {
  const parsed = parseConsoleLine(line);
  if (parsed.kind === 'none') return [];
  return [parsed.kind === 'status' ? parsed : { kind: 'unreadable', reason: parsed.reason }];
}
