// What a subcommand writes to; bin/ decides where that goes.

/** Where results and progress go; the two are never mixed. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly progress: (text: string) => void;
  /**
   * Shows a text in place of the last such text, where that can be done.
   * @param plain what to show elsewhere. @default - the text
   */
  readonly live: (text: string, plain?: string) => void;
}
