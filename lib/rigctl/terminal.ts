// What a subcommand writes to; bin/ decides where that goes.

/** Where results and progress go; the two are never mixed. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly progress: (text: string) => void;
  /** Shows a line in place of the last such line, where that can be done. */
  readonly live: (text: string) => void;
}
