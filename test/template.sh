#!/usr/bin/env bash
# Synthesizes each kind of stack and has cfn-lint read its template; called by test/all.sh and `npm run lint:cfn`. Without
# cfn-lint, which neither npm nor Debian packages, they are synthesized alone. The last line counts.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly stacks=('' '-c topology=pair -c instanceType=c7g.large' '-c topology=fleet -c rigs=3' '-c image=true'
  '-c workload=bookfeed -c feed.venue=kraken -c feed.symbols=XBT/USD')
passed=0 skipped=0

for settings in "${stacks[@]}"; do
  rm -rf .cache/template
  # shellcheck disable=SC2086 # a list of arguments
  npx cdk synth --quiet --output .cache/template $settings
  if command -v cfn-lint >/dev/null || [[ -n ${CI:-} ]]; then
    cfn-lint .cache/template/*.template.json
    printf 'template: %s: cfn-lint has nothing against it\n' "${settings:-the default}"
    passed=$((passed + 1))
  else
    printf 'skipped: cfn-lint on %s: not installed; next: pip install cfn-lint\n' "${settings:-the default}"
    skipped=$((skipped + 1))
  fi
done
printf '%d passed, 0 failed, %d skipped\n' "$passed" "$skipped"
