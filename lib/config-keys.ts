// Keys of a configuration that do not exist, each with the one that was probably meant. Pure; called by config.ts.

/** One fault for each key of `input` that is not one of `keys`. */
export function unknownKeys(input: Readonly<Record<string, unknown>>, keys: readonly string[]): string[] {
  return Object.keys(input)
    .filter((key) => !keys.includes(key))
    .map((key) => {
      const meant = findMeantKey(key.toLowerCase(), keys);
      const hint = meant === undefined ? `the keys are ${keys.join(', ')}` : `did you mean ${meant}?`;
      return `${key} = ${JSON.stringify(input[key])}; no such key: ${hint}`;
    });
}

/** The key that is a slip of the pen away from `key`, else the one that the given word is a part of. */
function findMeantKey(key: string, keys: readonly string[]): string | undefined {
  const slips = Math.min(2, Math.floor((key.length - 1) / 2));
  return (
    keys.find((known) => editDistance(key, known.toLowerCase()) <= slips) ??
    keys.find((known) => key.length > 2 && known.toLowerCase().includes(key))
  );
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
