// Jest compiles TypeScript with swc: type errors are the business of `npm run typecheck`.
const swc = {
  jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
  module: { type: 'commonjs' },
};

export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/cdk.out/', '<rootDir>/.cache/'],
  // Sources name their imports as Node will find them compiled: './x.js' is x.ts here.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '\\.ts$': ['@swc/jest', swc] },
  // Two cores are what the smallest CI machine has; loading aws-cdk-lib in more workers only costs memory.
  maxWorkers: 2,
  // A slow machine needs more than jest's five seconds for a process or a stack.
  testTimeout: 60_000,
};
