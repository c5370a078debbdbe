// A text of one or more lines that is written over again and again at the foot of a terminal; elsewhere, plain lines.

export interface LiveText {
  /** Shows the text in place of the last one, or `plain` as a line where nothing can be written over. */
  show(text: string, plain?: string): void;
  /** Takes the text away, so that something else can be written there. */
  clear(): void;
}

export type LiveStream = Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'rows' | 'write'>;

export function liveText(stream: LiveStream): LiveText {
  let lines = 0;
  const eraser = (): string => (lines > 1 ? `\u001b[${lines - 1}A` : '') + '\r\u001b[J';
  const clear = (): void => {
    if (lines > 0) stream.write(eraser());
    lines = 0;
  };
  const show = (text: string, plain = text): void => {
    if (!stream.isTTY) {
      stream.write(`${plain}\n`);
      return;
    }
    // A line that wraps, or a text that scrolls, could not be written over. Some terminals say that they are 0 wide.
    const fitting = text
      .split('\n')
      .slice(0, Math.max(1, (stream.rows || 24) - 1))
      .map((line) => line.slice(0, (stream.columns || 80) - 1));
    stream.write(`${lines > 0 ? eraser() : ''}${fitting.join('\n')}`);
    lines = fitting.length;
  };
  return { show, clear };
}
