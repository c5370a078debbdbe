// Lint rules: type-checked for TypeScript, plus the boundaries between the folders that ARCHITECTURE.md names.
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const INPUTS = 'Only bin/ reads context, environment and the clock; pass the value in as a prop.';

export default tseslint.config(
  { ignores: ['node_modules/', 'cdk.out/', '.cache/', 'coverage/', 'native/', 'userdata/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      eqeqeq: 'error',
      'max-lines': ['error', 300],
      'max-lines-per-function': ['error', 50],
    },
  },
  {
    files: ['lib/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: INPUTS },
        { object: 'process', property: 'argv', message: INPUTS },
        { object: 'Date', property: 'now', message: INPUTS },
        { property: 'tryGetContext', message: INPUTS },
        { property: 'getContext', message: INPUTS },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: INPUTS },
      ],
    },
  },
  {
    // Construct classes exist for what their constructor declares, and tests for what their describe blocks hold.
    files: ['lib/*.ts', 'test/**/*.ts', 'bin/*.ts'],
    rules: { '@typescript-eslint/no-extraneous-class': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: { 'max-lines-per-function': 'off' },
  },
);
